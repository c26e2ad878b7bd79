import assert from "node:assert/strict";
import { test } from "node:test";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import type { Arguments } from "./arguments.ts";
import { commandTable } from "./command-table.ts";
import { type CommandName, flagsOf } from "./flags.ts";
import { parseAndRun } from "./parser.ts";

interface Parsed {
  readonly exitCode: ExitCode;
  readonly command: CommandName | null;
  readonly args: Arguments | null;
  readonly out: string;
  readonly err: string;
}

async function parse(...argv: string[]): Promise<Parsed> {
  let command: CommandName | null = null;
  let args: Arguments | null = null;
  let out = "";
  let err = "";
  const exitCode = await parseAndRun(argv, {
    version: "1.2.3",
    commands: commandTable,
    handle: async (entry, given) => {
      command = entry.name;
      args = given;
      return exitCodes.findings;
    },
    writeOut: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
  });
  return { exitCode, command, args, out, err };
}

test("flags and operands reach the command, whose exit code comes back", async () => {
  const { exitCode, command, args } = await parse(
    ...["replay", "a.jsonl", "-", "--rules", "x", "--rules=y", "--batch-size", "7"],
    ...["--seed", "0", "--format", "json"],
  );
  assert.equal(exitCode, exitCodes.findings);
  assert.equal(command, "replay");
  assert.deepEqual(args?.rest(0), ["a.jsonl", "-"]);
  assert.deepEqual(args?.texts("rules"), ["x", "y"]);
  assert.equal(args?.number("batch-size"), 7);
  assert.equal(args?.number("seed"), 0);
  assert.equal(args?.choice("format", ["json", "text"]), "json");
  assert.equal(args?.number("workers"), undefined);
  assert.deepEqual(args?.texts("only"), []);
});

test("a switch that begins with no- is off unless given", async () => {
  assert.equal((await parse("run")).args?.isOn("no-ebpf"), false);
  assert.equal((await parse("run", "--no-ebpf")).args?.isOn("no-ebpf"), true);
});

test("repeated values do not add up over two runs", async () => {
  await parse("list", "--only", "a");
  const { args } = await parse("list", "--only", "b");
  assert.deepEqual(args?.texts("only"), ["b"]);
});

test("wrong usage ends with 2 and shows the usage of the command", async () => {
  for (const argv of [
    ["replay"],
    ["replay", "x", "--batch-size", "0"],
    ["replay", "x", "--batch-size", "1025"],
    ["replay", "x", "--batch-size", "1.5"],
    ["replay", "x", "--seed", "-1"],
    ["replay", "x", "--format", "xml"],
    ["replay", "x", "--rules"],
    ["replay", "x", "--rules", ""],
    ["replay", "x", "--nonsense"],
    ["replay", "x", "--for", "3"],
  ]) {
    const { exitCode, command, err } = await parse(...argv);
    assert.equal(exitCode, exitCodes.usage, argv.join(" "));
    assert.equal(command, null);
    assert.match(err, /usage: kestrel replay /, argv.join(" "));
  }
  assert.equal((await parse("nonsense")).exitCode, exitCodes.usage);
  assert.equal((await parse()).exitCode, exitCodes.usage);
  assert.equal((await parse("completion", "csh")).exitCode, exitCodes.usage);
});

test("help names every flag of the table and shows the examples", async () => {
  for (const entry of commandTable) {
    const { exitCode, out } = await parse(entry.name, "--help");
    assert.equal(exitCode, exitCodes.ok);
    for (const flag of flagsOf(entry.name)) assert.ok(out.includes(`--${flag.name}`), flag.name);
    for (const example of entry.examples) assert.ok(out.includes(example), example);
  }
});

test("the program's help lists commands and exit codes, and --version the version", async () => {
  const { exitCode, out } = await parse("--help");
  assert.equal(exitCode, exitCodes.ok);
  for (const { name, summary } of commandTable) {
    assert.match(out, new RegExp(`${name}.*${summary}`));
  }
  assert.match(out, /Exit codes:\n {2}0 {3}done/);
  assert.equal((await parse("--version")).out, "1.2.3\n");
});
