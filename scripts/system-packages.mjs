// Installs the system packages that parts of the tests need and that are missing: libbpf for the eBPF source, clang and LLVM
// and lld to see that what is checked in is fresh, a C compiler and Python for the example clients. As root on Debian by
// apt-get; elsewhere it names the command. `npm test` runs it; what stays missing is skipped there, with the reason.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const isThere = (program) => spawnSync(program, ["--version"]).error === undefined;
const hasFile = (...paths) => paths.some((path) => existsSync(path));

const wanted = [
  [
    "libbpf1",
    () =>
      hasFile(
        "/usr/lib/x86_64-linux-gnu/libbpf.so.1",
        "/usr/lib/aarch64-linux-gnu/libbpf.so.1",
        "/usr/lib64/libbpf.so.1",
        "/usr/lib/libbpf.so.1",
      ),
  ],
  ["libbpf-dev", () => hasFile("/usr/include/bpf/bpf_helpers.h")],
  ["clang", () => isThere("clang")],
  ["llvm", () => isThere("llvm-strip")],
  ["lld", () => isThere("wasm-ld") || isThere("wasm-ld-14")],
  ["gcc", () => isThere("cc")],
  ["libc6-dev", () => hasFile("/usr/include/stdio.h")],
  ["python3", () => isThere("python3")],
  ["perl", () => isThere("perl")],
];

const missing = wanted.filter(([, test]) => !test()).map(([name]) => name);
if (process.platform === "linux" && missing.length > 0) {
  const command = ["apt-get", "install", "-y", "--no-install-recommends", ...missing];
  if (process.getuid?.() === 0 && isThere("apt-get")) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const run = (args) => spawnSync(args[0], args.slice(1), { stdio: "ignore", env }).status === 0;
    const isDone = run(["apt-get", "update"]) && run(command);
    console.log(isDone ? `installed ${missing.join(", ")}` : `could not run: ${command.join(" ")}`);
  } else {
    console.log(`missing for some tests: ${missing.join(", ")}\n  sudo ${command.join(" ")}`);
  }
}
