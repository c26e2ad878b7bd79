/**
 * `kestrel run --no-ebpf` as on a machine without eBPF, in a root of its own: the file system that `auto` marks is one in
 * memory that the test made, and the processes are those of its own control group.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { sourceKinds } from "../src/agent/sources.ts";
import { unifiedMount } from "../src/collect/linux/control-groups.ts";
import { makeOwnGroup, whyNoGroup } from "../src/collect/linux/own-group.fixture.ts";
import { whyNoMount } from "../src/collect/portable/own-mount.fixture.ts";

const program = join(process.cwd(), "dist/src/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "kestrel-portable-"));
after(() => rmSync(folder, { recursive: true }));

const works = async (name: "procevents" | "fanotify"): Promise<boolean> =>
  (await sourceKinds[name]?.offer())?.available === true;
const skip: string | false =
  whyNoGroup !== false
    ? whyNoGroup
    : whyNoMount !== false
      ? whyNoMount
      : (await works("procevents")) && (await works("fanotify"))
        ? false
        : "no process connector or no fanotify";

/**
 * Makes a root of all folders of the real one but /tmp and what is mounted in memory, with a file system of its own
 * at /kept, and runs the rest of the arguments there.
 */
const inOwnRoot = `
set -e
root=$1 folder=$2 program=$3
shift 3
mount -n -t tmpfs -o mode=755 none "$root"
for name in /*; do
  if [ -L "$name" ]; then cp -a "$name" "$root$name"
  elif [ -d "$name" ] && [ "$name" != /tmp ]; then mkdir "$root$name"; mount -n --rbind "$name" "$root$name"
  fi
done
grep -F " $root/" /proc/self/mountinfo | grep -F " - tmpfs " | cut -d " " -f 5 | grep -v "^$root/sys/" | sort -r | while read -r name; do
  umount -n -l "$name"
done
mkdir "$root/kept"
mount -n -t tmpfs -o mode=755 none "$root/kept"
for name in "$folder" "$program"; do
  mkdir -p "$root$name"
  mount -n --rbind "$name" "$root$name"
done
exec chroot "$root" "$@"
`;

test("without eBPF, auto sees programs by the process connector and files by fanotify", {
  skip,
  timeout: 120_000,
}, async () => {
  const group = makeOwnGroup()!;
  const root = mkdtempSync(join(tmpdir(), "kestrel-root-"));
  const put = (name: string, query: string): void => writeFileSync(join(folder, name), query);
  put("ran.eql", 'process where event.action == "exec" and process.args == "0.4321"\n');
  put("made.eql", 'file where event.action == "creation" and file.path == "/made"\n');
  put("kept.eql", 'file where event.action == "creation" and file.path == "/kept/made"\n');
  const scope = ["--source", "auto", "--no-ebpf", "--cgroup", join(unifiedMount()!, group.path)];
  const run = [program, "run", ...scope, "--rules", folder, "--format", "json"];
  const spaces = ["--mount", "--propagation", "private", "sh", "-c", inOwnRoot, "sh"];
  const folders = [root, folder, process.cwd()];
  const child = spawn("unshare", [...spaces, ...folders, process.execPath, ...run]);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      assert.equal(child.exitCode, null, stderr);
      await delay(20);
    }
  };
  try {
    await until(() => /^ready$/m.test(stderr));
    assert.match(
      stderr,
      /source auto: taking procevents and fanotify:\/, \/kept \(not ebpf: switched off\)/,
    );
    const enter = `nsenter --target ${child.pid} --mount --root`;
    group.start(`${enter} sh -c ': > /made; : > /kept/made; sleep 0.4321; rm /made'`);
    const told = ['"path":"/made"', '"path":"/kept/made"', '"0.4321"'];
    await until(() => told.every((text) => stdout.includes(text)));
  } finally {
    child.kill("SIGTERM");
    await ended;
    await group.remove();
    rmSync(root, { recursive: true });
  }
  const alerts = stdout.split("\n").filter((line) => line.includes('"kind":"alert"'));
  const ids = alerts.map((line) => (JSON.parse(line) as { rule: { id: string } }).rule.id);
  assert.deepEqual([...new Set(ids)].sort(), ["kept.eql", "made.eql", "ran.eql"]);
});
