import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CommandFailure } from "./failure.ts";
import { takePidFile } from "./pid-file.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-pid-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "agent.pid");

test("a file that is held can't be taken, one that was released can", () => {
  const held = takePidFile(path);
  assert.equal(readFileSync(path, "utf8").split("\n")[0], String(process.pid));
  assert.throws(() => takePidFile(path), CommandFailure);
  held.release();
  held.release();
  assert.ok(!existsSync(path));
  takePidFile(path).release();
});

test("a file of a process that is no more is taken over, also where its id is used again", () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  // This process has the id of the third, and did not start at that time.
  for (const stale of [`${pid}\n\n`, "nonsense", `${process.pid}\n1 another-boot\n`, ""]) {
    writeFileSync(path, stale);
    takePidFile(path).release();
    assert.ok(!existsSync(path), stale);
  }
});

test("a file that somebody else took in the meantime is left alone", () => {
  const held = takePidFile(path);
  writeFileSync(path, "1\n\n");
  held.release();
  assert.equal(readFileSync(path, "utf8"), "1\n\n");
  rmSync(path);
});
