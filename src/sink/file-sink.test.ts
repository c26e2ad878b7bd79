import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { testSinkContract } from "./contract.suite.ts";
import { openFileSink } from "./file-sink.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-file-sink-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

function freshPath(): string {
  count += 1;
  return join(folder, `${count}.jsonl`);
}

testSinkContract({
  name: "file sink",
  open(format) {
    const path = freshPath();
    return { sink: openFileSink(path, format), read: async () => readFileSync(path, "utf8") };
  },
  // Linux: every write to this device says ENOSPC.
  openBroken: (format) => openFileSink("/dev/full", format),
});

test("a file sink creates its file before the first alert", () => {
  const path = freshPath();
  openFileSink(path, () => "");
  assert.equal(readFileSync(path, "utf8"), "");
});

test("a file sink empties a file that was there", async () => {
  const path = freshPath();
  const first = openFileSink(path, () => "old\n");
  await first.close();
  await openFileSink(path, () => "").close();
  assert.equal(readFileSync(path, "utf8"), "");
});

test("a path that can't be opened is an error while setting up", () => {
  assert.throws(() => openFileSink(join(folder, "missing", "a.jsonl"), () => ""), {
    code: "ENOENT",
  });
});
