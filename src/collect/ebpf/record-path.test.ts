import assert from "node:assert/strict";
import { test } from "node:test";
import { PathReader } from "./record-path.ts";

function read(text: string): string {
  const before = Buffer.from("before\0");
  const names = Buffer.from(text);
  const bytes = Buffer.concat([before, names, Buffer.from("after\0")]);
  return new PathReader().read(bytes, before.length, before.length + names.length);
}

test("names, leaf first, become a path", () => {
  assert.equal(read("c\0b\0a\0"), "/a/b/c");
  // Cut off within the last name.
  assert.equal(read("c\0b\0a"), "/a/b/c");
  assert.equal(read("ü\0b\0"), "/b/ü");
  assert.equal(read("c\0\0"), "//c");
});

test("one name may be a whole path or none", () => {
  assert.equal(read(""), "");
  assert.equal(read("/\0"), "/");
  assert.equal(read("a\0"), "/a");
  assert.equal(read("pipe:[7]\0"), "pipe:[7]");
  assert.equal(read("memfd:x\0"), "memfd:x");
  assert.equal(read("c:\0a\0"), "/a/c:");
});

test("a long path is whole", () => {
  const names = Array.from({ length: 900 }, (_, index) => `name-${index}-é`);
  assert.equal(read(`${names.join("\0")}\0`), `/${names.reverse().join("/")}`);
});
