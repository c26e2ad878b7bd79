import assert from "node:assert/strict";
import { test } from "node:test";
import { commandTable } from "./command-table.ts";
import { flagsOf, flagTable } from "./flags.ts";

test("a command has no flag twice", () => {
  for (const { name } of commandTable) {
    const names = flagsOf(name).map((flag) => flag.name);
    assert.equal(new Set(names).size, names.length, name);
  }
});

test("every flag belongs to a command, and every command has examples of itself", () => {
  for (const flag of flagTable) assert.ok(flag.commands.length > 0, flag.name);
  for (const { name, examples } of commandTable) {
    assert.ok(examples.length > 0, name);
    for (const example of examples) assert.match(example, new RegExp(`kestrel ${name}\\b`));
  }
});

test("examples use only flags and choices that exist", () => {
  for (const { name, examples } of commandTable) {
    const flags = new Map(flagsOf(name).map((flag) => [flag.name, flag]));
    for (const example of examples) {
      for (const [, flag = "", value = ""] of example.matchAll(/--([\w-]+)(?: (\S+))?/g)) {
        const entry = flags.get(flag);
        assert.ok(entry !== undefined, `${example}: --${flag}`);
        if (entry.value?.kind === "choice") assert.ok(entry.value.choices.includes(value), example);
      }
    }
  }
});
