/**
 * `npm run bpf`: compiles the sensor's kernel side to bpf/kestrel.bpf.o, which is checked in so that
 * nobody needs a compiler to run it. `--check` compiles beside it and exits with 1 where the two
 * differ. Needs clang, llvm-strip and libbpf's headers.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const source = new URL("../bpf/", import.meta.url).pathname;
const target = join(source, "kestrel.bpf.o");
const isCheck = process.argv.includes("--check");

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: source, stdio: "inherit" });
  if (error !== undefined) console.error(`can't run ${command}: ${error.message}`);
  if (status !== 0) process.exit(1);
}

const architecture = process.arch === "arm64" ? "arm64" : "x86";
const folder = mkdtempSync(join(tmpdir(), "kestrel-bpf-"));
const output = isCheck ? join(folder, "kestrel.bpf.o") : target;
run("clang", [
  ...["-O2", "-g", "-target", "bpf", `-D__TARGET_ARCH_${architecture}`],
  ...["-Wall", "-Werror", "-Wno-unused-value", "-fdebug-compilation-dir=."],
  ...["-c", "kestrel.bpf.c", "-o", output],
]);
run("llvm-strip", ["-g", output]);
const isFresh = readFileSync(output).equals(readFileSync(target));
rmSync(folder, { recursive: true });
if (!isFresh) {
  console.error("bpf/kestrel.bpf.o is not what its source compiles to: run `npm run bpf`");
  process.exit(1);
}
