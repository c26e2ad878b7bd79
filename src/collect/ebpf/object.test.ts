import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { callHooks, disconnectCode, plainHooks } from "./hook-table.ts";
import { type ObjectTypes, readObjectTypes } from "./object-types.fixture.ts";
import * as layout from "./record-layout.ts";
import { objectPath } from "./sensor.ts";

const object = readFileSync(objectPath);
const types: ObjectTypes = readObjectTypes(object);

const layouts: readonly (readonly [string, number, Readonly<Record<string, number>>])[] = [
  ["record", layout.recordBytes, layout.recordLayout],
  ["settings", layout.settingsBytes, layout.settingsLayout],
  ["folder", layout.folderBytes, layout.folderLayout],
];

test("records have the layout that the object's types say", () => {
  for (const [name, sizeBytes, offsets] of layouts) {
    assert.deepEqual(types.structs.get(name), { sizeBytes, offsets }, name);
  }
});

test("programs and calls of the table of hooks are there", () => {
  const text = object.toString("latin1");
  const programs = [...plainHooks.keys(), ...callHooks.map(({ program }) => program)];
  for (const name of programs) assert.ok(text.includes(`\0${name}\0`), name);
  assert.ok(callHooks.length < disconnectCode);
  const names = callHooks.map(({ call, meaning }) => `${call}:${meaning.kind}`);
  assert.equal(new Set(names).size, names.length);
});

/** The object is built by this major version of clang; others give other bytes. */
const clangMajor = "14";

test("the object is what its source compiles to", { skip: whyNoClang() }, () => {
  const { status, stderr } = spawnSync("node", ["scripts/build-bpf.mjs", "--check"]);
  assert.equal(status, 0, String(stderr));
});

function whyNoClang(): string | false {
  const { status, stdout } = spawnSync("clang", ["--version"], { encoding: "utf8" });
  if (status !== 0) return "clang is not installed";
  const major = /version (\d+)\./.exec(stdout)?.[1];
  if (major !== clangMajor) return `clang ${major} is not the ${clangMajor} that built the object`;
  const tools = spawnSync("llvm-strip", ["--version"]);
  return tools.status === 0 ? false : "llvm-strip is not installed";
}
