import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { TextFile } from "./text-file.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-text-file-"));
after(() => rmSync(folder, { recursive: true }));

test("records are held until there are many or a flush, and counted when they are written", () => {
  const path = join(folder, "held");
  const file = new TextFile(path);
  file.write("one\n");
  assert.equal(readFileSync(path, "utf8"), "");
  assert.equal(file.written, 0);
  file.flush();
  assert.equal(readFileSync(path, "utf8"), "one\n");
  assert.equal(file.written, 1);
  file.write("x".repeat(0x10000));
  assert.equal(file.written, 2);
  file.close();
});

test("a device that is full loses each record and counts it", () => {
  const file = new TextFile("/dev/full");
  file.write("one\n");
  file.write("two\n");
  file.close();
  assert.deepEqual([file.written, file.lost], [0, 2]);
});

test("a record after closing is lost", () => {
  const file = new TextFile(join(folder, "closed"));
  file.close();
  file.write("late\n");
  assert.deepEqual([file.written, file.lost], [0, 1]);
});
