import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sampleAlert, testSinkContract } from "./contract.suite.ts";
import type { AlertFormat, Sink } from "./contract.ts";
import { openRotatedFileSink } from "./rotated-file-sink.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-rotated-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

function freshPath(): string {
  count += 1;
  return join(folder, `${count}.jsonl`);
}

function open(path: string, fileBytes: number, keptFiles: number, format?: AlertFormat): Sink {
  const isSynced = keptFiles % 2 === 0;
  return openRotatedFileSink(path, {
    format: format ?? ((alert) => `${alert.id}\n`),
    fileBytes,
    keptFiles,
    isSynced,
  });
}

testSinkContract({
  name: "rotated file sink",
  open(format) {
    const path = freshPath();
    const files = [".2", ".1", ""].map((end) => `${path}${end}`);
    return {
      sink: open(path, 100_000, 2, format),
      read: async () =>
        files
          .filter((file) => existsSync(file))
          .map((file) => readFileSync(file, "utf8"))
          .join(""),
    };
  },
  // Linux: every write to this device says ENOSPC.
  openBroken: (format) => open("/dev/full", 100_000, 2, format),
});

test("files are set aside by size, none is cut in an alert, and the oldest goes", async () => {
  const path = freshPath();
  writeFileSync(path, "old\n");
  const sink = open(path, 8, 2);
  for (const id of ["aaa", "bbb", "a very long one", "ccc", "ddd"]) sink.write(sampleAlert(id));
  await sink.close();
  const texts = ["", ".1", ".2"].map((end) => readFileSync(`${path}${end}`, "utf8"));
  assert.deepEqual(texts, ["ccc\nddd\n", "a very long one\n", "bbb\n"]);
  assert.equal(existsSync(`${path}.3`), false);
  assert.equal(sink.counters.written, 5);
});

test("with none kept the file begins anew", async () => {
  const path = freshPath();
  const sink = open(path, 8, 0);
  for (const id of ["aaa", "bbb", "ccc"]) sink.write(sampleAlert(id));
  await sink.close();
  assert.equal(readFileSync(path, "utf8"), "ccc\n");
  assert.equal(existsSync(`${path}.1`), false);
});
