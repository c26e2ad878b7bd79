import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** The module is built by this major version of clang and lld; others give other bytes. */
const compilerMajor = "14";

test("the module is what its source compiles to", { skip: whyNoCompiler() }, () => {
  const { status, stderr } = spawnSync("node", ["scripts/build-kernel.mjs", "--check"]);
  assert.equal(status, 0, String(stderr));
});

function whyNoCompiler(): string | false {
  for (const program of ["clang", "wasm-ld"]) {
    const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
    if (status !== 0) return `${program} is not installed`;
    const major = /(\d+)\.\d+\.\d+/.exec(stdout)?.[1];
    if (major !== compilerMajor) {
      return `${program} ${major} is not the ${compilerMajor} that built the module`;
    }
  }
  return false;
}
