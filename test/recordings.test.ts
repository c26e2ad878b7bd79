/** Public rules over public recordings: exactly the expected rules fire, on exactly those events. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { backendNames, findBackend } from "../src/agent/backends.ts";
import { loadRules } from "../src/agent/load-rules.ts";
import { AlertDigest } from "../src/alert/digest.ts";
import { Detector } from "../src/engine/detector.ts";
import type { Backend } from "../src/predicate/contract.ts";
import { plainBackend } from "../src/predicate/interpret/interpret.ts";
import { compileRules } from "../src/rule/compile.ts";
import type { RuleSet } from "../src/rule/rule-set.ts";
import { builtInSchema } from "../src/schema/field-table.ts";

const corpus = join(process.cwd(), "..", "shared", "corpus");
const folder = join(corpus, "events");
const reason = existsSync(folder) ? false : "the corpus is not beside the repository";

/** Systems whose folders of rules apply to a recording, by the start of its name. */
const systems: readonly (readonly [string, readonly string[]])[] = [
  ["linux", ["windows", "macos"]],
  ["macos", ["windows", "linux"]],
  ["win", ["linux", "macos"]],
];

interface Expected {
  readonly hits: readonly { readonly rule_id: string; readonly matches: readonly string[][] }[];
  readonly unjudged: readonly string[];
}

let compiled: RuleSet | null = null;

function corpusRules(): RuleSet {
  if (compiled === null) {
    const { rules } = loadRules([join(corpus, "rules")]);
    compiled = compileRules(rules, { schema: builtInSchema() }).set;
  }
  return compiled;
}

function matchesByRule(name: string): Map<string, string[]> {
  const foreign = systems.find(([start]) => name.startsWith(start))?.[1] ?? [];
  const found = new Map<string, string[]>();
  const detector = new Detector({
    rules: corpusRules(),
    onAlert: ({ rule, match }) => {
      if (foreign.some((system) => rule.path.includes(`/${system}/`))) return;
      const ids = match.map(({ event }) =>
        event === null ? null : String((JSON.parse(event) as { event: { id: unknown } }).event.id),
      );
      found.set(rule.id, [...(found.get(rule.id) ?? []), JSON.stringify(ids)]);
    },
  });
  const text = gunzipSync(readFileSync(join(folder, `${name}.ecs.jsonl.gz`))).toString();
  for (const line of text.split("\n")) {
    if (line !== "") assert.equal(detector.push(line).kind, "accepted", line);
  }
  detector.close();
  return found;
}

const names = reason === false ? readdirSync(folder) : ["(none)"];

for (const file of names.filter((name) => !name.endsWith(".gz"))) {
  test(`recording ${file.replace(".expected.json", "")}`, { skip: reason }, () => {
    const expected = JSON.parse(readFileSync(join(folder, file), "utf8")) as Expected;
    const found = matchesByRule(file.replace(".expected.json", ""));
    const wanted = new Map<string, string[]>();
    for (const { rule_id, matches } of expected.hits) {
      const texts = matches.map((match) => JSON.stringify(match));
      wanted.set(rule_id, [...(wanted.get(rule_id) ?? []), ...texts]);
    }
    for (const id of expected.unjudged) found.delete(id);
    const sorted = (entries: Map<string, string[]>): [string, string[]][] =>
      [...entries].map(([id, texts]): [string, string[]] => [id, texts.sort()]).sort();
    assert.deepEqual(sorted(found), sorted(wanted));
  });
}

/** Alerts of one recording on a back end, as one digest. */
function digestOn(backend: Backend, lines: readonly string[]): string {
  const digest = new AlertDigest();
  const detector = new Detector({
    rules: corpusRules(),
    backend,
    onAlert: (alert) => digest.add(alert),
  });
  for (const line of lines) detector.push(line);
  detector.close();
  return `${digest.count} ${digest.hex()}`;
}

test("every back end gives the oracle's alerts with all public rules", { skip: reason }, () => {
  for (const name of [
    "linux_log4shell_sysmon",
    "macos_elastic_endpoint_attack",
    "win_evtx_sysmon",
  ]) {
    const text = gunzipSync(readFileSync(join(folder, `${name}.ecs.jsonl.gz`))).toString();
    const lines = text.trimEnd().split("\n").slice(0, 600);
    const wanted = digestOn(plainBackend, lines);
    for (const backend of backendNames) {
      assert.equal(digestOn(findBackend(backend), lines), wanted, `${backend} on ${name}`);
    }
  }
});
