/** The systemd unit: systemd understands it, and a run sees what it must with no more rights than the unit gives. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { keptCapabilities } from "../src/agent/privileges.ts";
import { sourceKinds } from "../src/agent/sources.ts";
import { unifiedMount } from "../src/collect/linux/control-groups.ts";
import { makeOwnGroup, whyNoGroup } from "../src/collect/linux/own-group.fixture.ts";

const unit = readFileSync("packaging/kestrel.service", "utf8");
const program = join(process.cwd(), "dist/src/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "kestrel-service-"));
after(() => rmSync(folder, { recursive: true }));

const isThere = (command: string): boolean =>
  spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
const isEbpf = whyNoGroup === false && (await sourceKinds.ebpf?.offer())?.available === true;

function settingOf(key: string): string {
  const found = new RegExp(`^${key}=(.*)$`, "m").exec(unit);
  assert.ok(found !== null, key);
  return found[1]!;
}

test("systemd finds nothing wrong with the unit", {
  skip: isThere("systemd-analyze") ? false : "there is no systemd-analyze",
}, () => {
  const verify = (text: string): { readonly status: number | null; readonly said: string } => {
    const path = join(folder, "kestrel.service");
    // Kestrel is not installed here; that the command exists is what is checked of it.
    writeFileSync(path, text.replaceAll("/usr/bin/kestrel", process.execPath));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
    const lines = stderr.split("\n").filter((line) => line.includes("kestrel"));
    return { status, said: lines.join("\n") };
  };
  assert.deepEqual(verify(unit), { status: 0, said: "" });
  assert.match(verify(unit.replace("UMask", "Umask")).said, /Unknown key (name )?'Umask'/);
});

test("the unit gives the capabilities that a run keeps", () => {
  const kept = [...keptCapabilities.values()].map((text) => text.split(":")[0]!);
  assert.deepEqual(settingOf("CapabilityBoundingSet").split(" ").sort(), kept.sort());
});

test("a run sees its control group with the unit's capabilities alone", {
  skip:
    isEbpf && isThere("setpriv") ? false : "no eBPF, no control group of its own, or no setpriv",
  timeout: 120_000,
}, async () => {
  const group = makeOwnGroup()!;
  writeFileSync(join(folder, "true.eql"), 'process where process.name == "true"\n');
  const names = settingOf("CapabilityBoundingSet").split(" ");
  const bound = names.map((name) => `+${name.slice("CAP_".length).toLowerCase()}`).join(",");
  const limited = ["--bounding-set", `-all,${bound}`, "--no-new-privs", process.execPath, program];
  const scope = ["--source", "ebpf", "--cgroup", join(unifiedMount()!, group.path)];
  const output = ["--rules", join(folder, "true.eql"), "--format", "json"];
  const child = spawn("setpriv", [...limited, "run", ...scope, ...output]);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  try {
    while (!/^ready$/m.test(stderr)) {
      assert.equal(child.exitCode, null, stderr);
      await delay(20);
    }
    group.runBelow(["/bin/true"]);
    while (!stdout.includes('"kind":"alert"')) {
      assert.equal(child.exitCode, null, stderr);
      await delay(20);
    }
  } finally {
    child.kill("SIGTERM");
    await ended;
    await group.remove();
  }
});
