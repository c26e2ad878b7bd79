import assert from "node:assert/strict";
import { test } from "node:test";
import { readControlGroup } from "./linux/process-files.ts";
import { coversAllProcesses, coversFile, coversGroup, coversProcess, wholeHost } from "./scope.ts";

test("a control group covers itself and those below it", () => {
  const scope = { ...wholeHost, group: "/a" };
  const covered = ["/a", "/a/b", "/ab", "/", null].map((path) => coversGroup(scope, path));
  assert.deepEqual(covered, [true, true, false, false, false]);
  assert.ok(coversGroup(wholeHost, null));
});

test("folders cover themselves and what is below them", () => {
  const scope = { ...wholeHost, folders: ["/srv/www", "/etc"] };
  const paths = ["/srv/www", "/srv/www/a/b", "/etc/passwd", "/srv/www2/a", "/srv", "/etcetera", ""];
  assert.deepEqual(
    paths.filter((path) => coversFile(scope, path)),
    paths.slice(0, 3),
  );
  assert.ok(coversFile(wholeHost, "/any"));
  assert.ok(coversFile({ ...wholeHost, folders: [""] }, "/any"), "the root");
});

test("a user covers the processes that run as that user", {
  skip: process.platform !== "linux",
}, () => {
  const uid = process.getuid!();
  assert.ok(coversProcess({ ...wholeHost, uid }, process.pid));
  assert.equal(coversProcess({ ...wholeHost, uid: uid + 1 }, process.pid), false);
  const group = readControlGroup(process.pid);
  assert.equal(coversProcess({ ...wholeHost, group, uid: uid + 1 }, process.pid), false);
  assert.equal(coversProcess({ ...wholeHost, uid }, 0x7fffffff), false);
});

test("only users and groups limit processes", () => {
  assert.ok(coversAllProcesses({ ...wholeHost, folders: ["/etc"] }));
  assert.equal(coversAllProcesses({ ...wholeHost, uid: 0 }), false);
  assert.equal(coversAllProcesses({ ...wholeHost, group: "" }), false);
});
