import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { defaultLimits } from "../base/limits.ts";
import { positionOf } from "../diagnostic/source.ts";
import { emptyConfig, parseConfig } from "./config.ts";
import { loadRules } from "./load-rules.ts";
import { addToRules, unknownRules } from "./rule-additions.ts";

/** What is wrong, as `severity[code] line:column`. */
function remarksOf(text: string): string[] {
  return parseConfig({ name: "c.yaml", text }).diagnostics.map(
    ({ severity, code, source, span }) => {
      const { line, column } = positionOf(source.text, span.start);
      return `${severity}[${code}] ${line}:${column}`;
    },
  );
}

test("the example is understood without a remark and speaks of shipped rules", () => {
  const text = readFileSync("examples/kestrel.yaml", "utf8");
  const { config, diagnostics } = parseConfig({ name: "kestrel.yaml", text });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(config.flags.get("source"), ["auto"]);
  assert.equal(config.flags.get("cpu-budget"), 20);
  assert.deepEqual(config.limits, { ...defaultLimits, busEvents: 65_536 });
  assert.deepEqual(config.sampling, [{ category: "file", action: "open", oneIn: 10 }]);
  assert.equal(config.redaction.length, 2);
  const { rules } = loadRules(["rules"]);
  assert.deepEqual(unknownRules(rules, config), []);
  const changed = addToRules(rules, config).filter((rule, index) => rule !== rules[index]);
  assert.deepEqual(
    changed.map(({ exceptions, suppression }) => [exceptions.length, suppression?.windowMs]),
    [[1, 600_000]],
  );
});

test("keys that stand for flags give their values, whatever they are called", () => {
  const text =
    "sinks: [syslog, 'file:a.jsonl']\npid_file: a.pid\nsink_ca: ca.pem\ncontrol: c.sock\nrules: one\nflight_recorder: 2GB\nhash: files\nuid: 1000\npath_prefixes: [/srv, /etc]";
  const { config, diagnostics } = parseConfig({ name: "c", text });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    [...config.flags].sort(([a], [b]) => (a < b ? -1 : 1)),
    [
      ["control", "c.sock"],
      ["flight-recorder", "2GB"],
      ["hash", "files"],
      ["path-prefix", ["/srv", "/etc"]],
      ["pid-file", "a.pid"],
      ["rules", ["one"]],
      ["sink", ["syslog", "file:a.jsonl"]],
      ["sink-ca", "ca.pem"],
      ["uid", 1000],
    ],
  );
});

test("an empty configuration says nothing", () => {
  for (const text of ["", "# nothing\n", "---\n"]) {
    assert.deepEqual(parseConfig({ name: "c", text }), { config: emptyConfig, diagnostics: [] });
  }
});

const wrong: readonly (readonly [text: string, ...remarks: string[]])[] = [
  ["[1]", "error[rule-value] 1:1"],
  ["rules: a\nflight_recorder: 3KB", "error[rule-value] 2:18"],
  ["flight_recorder: 64 parsecs", "error[rule-value] 1:18"],
  ["a: [1", "error[rule-syntax] 1:6"],
  ["rules: x\n---\nrules: y", "error[rule-value] 3:1"],
  ["ruels: x", "error[unknown-key] 1:1"],
  ["rules: 1\nalerts: []", "error[rule-type] 2:9", "error[rule-type] 1:8"],
  ["sources: [auto, tcp:1, jsonl]", "error[rule-value] 1:17", "error[rule-value] 1:24"],
  ["limits: {busEvents: 0}", "error[rule-value] 1:21"],
  ["limits: {busEvents: 1.5}", "error[rule-value] 1:21"],
  ["limits: {busEvent: 5}", "error[unknown-key] 1:10"],
  ["cpu: {budget_percent: 0}", "error[rule-value] 1:23"],
  ["cpu: {sampling: [{category: file}]}", "error[rule-value] 1:18"],
  ["exceptions: [{condition: a, reason: r, owner: o}]", "error[missing-key] 1:14"],
  ["suppression: [{rule: a, window: long}]", "error[rule-value] 1:33"],
  ["hash: everything", "error[rule-value] 1:7"],
  ["redaction: [{pattern: '('}]", "error[rule-value] 1:23"],
  ["redaction: [{replacement: x}]", "error[rule-value] 1:13"],
];

for (const [text, ...remarks] of wrong) {
  test(`a wrong configuration is told with its places: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(remarksOf(text).sort(), [...remarks].sort());
  });
}
