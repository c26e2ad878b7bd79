import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { commandTable } from "./command-table.ts";
import { completionScript } from "./completion-script.ts";
import { flagTable, shells } from "./flags.ts";

function script(shell: string): string {
  const text = completionScript(shell, commandTable);
  assert.ok(text !== undefined, shell);
  return text;
}

/** What bash offers for the last of `words`. */
function complete(...words: readonly string[]): string[] {
  const code = `${script("bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_kestrel
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", code], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

const hasBash = spawnSync("bash", ["--version"]).status === 0;

test("every shell's script names every command and flag", () => {
  for (const shell of shells) {
    const text = script(shell);
    for (const { name } of commandTable) assert.ok(text.includes(name), `${shell}: ${name}`);
    for (const { name } of flagTable) assert.ok(text.includes(name), `${shell}: ${name}`);
  }
  assert.equal(completionScript("csh", commandTable), undefined);
});

test("bash completes commands, flags and values", { skip: !hasBash && "no bash here" }, () => {
  assert.deepEqual(complete("kestrel", "re"), ["replay", "record"]);
  assert.deepEqual(complete("kestrel", "replay", "--batch"), ["--batch-size"]);
  assert.deepEqual(complete("kestrel", "validate", "--format", ""), ["text", "json", "sarif"]);
  assert.deepEqual(complete("kestrel", "list", "--format", ""), ["text", "json"]);
  assert.deepEqual(complete("kestrel", "completion", ""), [...shells]);
  assert.deepEqual(complete("kestrel", "run", "--only", ""), []);
});

for (const [shell, args] of [
  ["zsh", ["-n"]],
  ["fish", ["--no-execute"]],
] as const) {
  const missing = spawnSync(shell, ["--version"]).error !== undefined;
  test(`${shell} accepts its script`, { skip: missing && `no ${shell} here` }, () => {
    const { status, stderr } = spawnSync(shell, args, { input: script(shell), encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });
}
