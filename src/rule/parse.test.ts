import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { positionOf } from "../diagnostic/source.ts";
import { duplicateIdWarnings } from "./duplicate.ts";
import { isRulePath, type ParsedRuleFile, parseRuleFile } from "./parse.ts";
import type { Rule } from "./rule.ts";

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

function parse(path: string, text: string): ParsedRuleFile {
  return parseRuleFile({ path, text }, sha256Hex);
}

/** The only rule of a file that must be free of remarks. */
function onlyRule(path: string, text: string): Rule {
  const { rules, diagnostics } = parse(path, text);
  assert.deepEqual(diagnostics, []);
  assert.equal(rules.length, 1);
  return rules[0]!;
}

/** `severity[code] line:column` of each remark. */
function remarks(path: string, text: string): string[] {
  return parse(path, text).diagnostics.map((diagnostic) => {
    const { line, column } = positionOf(text, diagnostic.span.start);
    return `${diagnostic.severity}[${diagnostic.code}] ${line}:${column}`;
  });
}

const fullYaml = `id: 6f0c
name: Shell
description: |
  Why it matters.
version: 1.10
author: Workshop
tags: [linux, shell]
severity: HIGH
risk_score: 73
references: ["https://example.com/a"]
threat:
  - framework: MITRE ATT&CK
    tactic: { id: TA0002, name: Execution, reference: "https://attack.mitre.org/tactics/TA0002/" }
    technique:
      - id: T1059
        name: Command and Scripting Interpreter
        subtechnique: [{ id: T1059.004, name: Unix Shell }]
query: |
  process where true
actions:
  - { action: kill_process, field: process.entity_id, state: 1, optional: true }
exceptions:
  - { step: 1, condition: user.id == "0", reason: root may, owner: ops, expires: 2030-01-31 }
suppression: { by: [host.id], window: 5m }
tests:
  - name: fires
    events: [{ process: { pid: 1, args: ["a", null, true] } }]
    expect: [[0, null]]
`;

test("a YAML rule keeps every part", () => {
  const rule = onlyRule("execution/shell.yaml", fullYaml);
  assert.equal(rule.id, "6f0c");
  assert.equal(rule.name, "Shell");
  assert.equal(rule.description, "Why it matters.");
  assert.equal(rule.version, "1.10");
  assert.deepEqual(rule.author, ["Workshop"]);
  assert.deepEqual(rule.tags, ["linux", "shell"]);
  assert.equal(rule.severity, "high");
  assert.equal(rule.riskScore, 73);
  assert.deepEqual(rule.references, ["https://example.com/a"]);
  assert.deepEqual(rule.threat, [
    {
      framework: "MITRE ATT&CK",
      tactic: {
        id: "TA0002",
        name: "Execution",
        reference: "https://attack.mitre.org/tactics/TA0002/",
      },
      techniques: [
        {
          id: "T1059",
          name: "Command and Scripting Interpreter",
          reference: "",
          subtechniques: [{ id: "T1059.004", name: "Unix Shell", reference: "" }],
        },
      ],
    },
  ]);
  assert.equal(rule.query, "process where true\n");
  assert.deepEqual(rule.actions, [
    { action: "kill_process", field: "process.entity_id", state: 1, optional: true },
  ]);
  const condition = 'user.id == "0"';
  const start = fullYaml.indexOf(condition);
  assert.deepEqual(rule.exceptions, [
    {
      step: 1,
      condition,
      reason: "root may",
      owner: "ops",
      expires: "2030-01-31",
      span: { start, end: start + condition.length },
    },
  ]);
  assert.deepEqual(rule.suppression, { by: ["host.id"], windowMs: 300_000 });
  assert.equal(rule.tests.length, 1);
  assert.deepEqual(rule.tests[0]?.events, [{ process: { pid: 1, args: ["a", null, true] } }]);
  assert.deepEqual(rule.tests[0]?.expect, [[0, null]]);
  assert.equal(rule.format, "yaml");
  assert.equal(rule.path, "execution/shell.yaml");
  assert.equal(rule.contentHash, sha256Hex(fullYaml));
});

test("what a rule leaves out has its documented default", () => {
  const text = '{"id": "a", "query": "any where true"}';
  const rule = onlyRule("a.json", text);
  assert.equal(rule.version, sha256Hex(text).slice(0, 12));
  assert.equal(rule.name, "a");
  assert.equal(rule.categoryField, "event.category");
  assert.equal(rule.riskScore, null);
  assert.equal(rule.suppression, null);
  assert.deepEqual(rule.osList, []);
  assert.equal(rule.format, "json");
});

test("a bare query takes id and name from its path, and keeps its leading comments", () => {
  const text = "// why\nprocess where true\n";
  const rule = onlyRule(".\\linux\\shell.eql", text);
  assert.equal(rule.id, "linux/shell.eql");
  assert.equal(rule.name, "linux/shell");
  assert.equal(rule.query, text);
  assert.deepEqual(rule.querySpan, { start: 0, end: text.length });
  assert.equal(rule.queryOffsets, null);
});

test("lists and documents give several rules", () => {
  const list = parse("a.json", '[{"id":"a","query":"x"},{"id":"b","query":"y"}]');
  assert.deepEqual(
    list.rules.map((rule) => rule.id),
    ["a", "b"],
  );
  const documents = parse("a.yml", "id: a\nquery: x\n---\n- {id: b, query: y}\n---\n");
  assert.deepEqual(
    documents.rules.map((rule) => rule.id),
    ["a", "b"],
  );
});

test("a rule with an error is left out and its neighbours stay", () => {
  const { rules } = parse("a.json", '[{"id":"a"},{"id":"b","query":"y"}]');
  assert.deepEqual(
    rules.map((rule) => rule.id),
    ["b"],
  );
});

test("the detection-rules form keeps threat, score and the category field", () => {
  const rule = onlyRule(
    "a.toml",
    `[metadata]
maturity = "production"
[rule]
rule_id = "r-1"
name = "Shell"
language = "eql"
type = "eql"
severity = "Medium"
risk_score = 47
author = ["A", "B"]
tags = ["OS: Linux"]
references = ["https://example.com"]
event_category_override = "event.type"
query = '''
process where true
'''
[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpreter"
reference = "https://attack.mitre.org/techniques/T1059/"
[[rule.threat.technique.subtechnique]]
id = "T1059.004"
name = "Unix Shell"
reference = "https://attack.mitre.org/techniques/T1059/004/"
[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"
`,
  );
  assert.equal(rule.id, "r-1");
  assert.equal(rule.format, "detection-rules");
  assert.equal(rule.severity, "medium");
  assert.equal(rule.riskScore, 47);
  assert.equal(rule.categoryField, "event.type");
  assert.deepEqual(rule.author, ["A", "B"]);
  assert.equal(rule.threat[0]?.tactic?.name, "Execution");
  assert.equal(rule.threat[0]?.techniques[0]?.subtechniques[0]?.id, "T1059.004");
});

test("the endpoint form keeps systems, actions and the file's threat", () => {
  const rule = onlyRule(
    "a.toml",
    `[rule]
id = "e-1"
name = "Shell"
os_list = ["linux"]
reference = ["https://example.com"]
version = "1.0.2"
query = '''
process where true
'''
[[actions]]
action = "kill_process"
field = "process.entity_id"
state = 1
tree = true
[[optional_actions]]
action = "rollback"
field = "process.entity_id"
state = 0
[[threat]]
framework = "MITRE ATT&CK"
[threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"
`,
  );
  assert.equal(rule.format, "endpoint");
  assert.equal(rule.version, "1.0.2");
  assert.deepEqual(rule.osList, ["linux"]);
  assert.deepEqual(rule.references, ["https://example.com"]);
  assert.deepEqual(rule.actions, [
    { action: "kill_process", field: "process.entity_id", state: 1, optional: false },
    { action: "rollback", field: "process.entity_id", state: 0, optional: true },
  ]);
  assert.equal(rule.threat[0]?.tactic?.id, "TA0002");
  assert.deepEqual(rule.threat[0]?.techniques, []);
});

test("a rule in another language is skipped with a warning at its language", () => {
  const text = '[rule]\nrule_id = "a"\nlanguage = "esql"\nquery = "from logs"\n';
  assert.deepEqual(parse("a.toml", text).rules, []);
  assert.deepEqual(remarks("a.toml", text), ["warning[not-eql] 3:12"]);
});

test("remarks point at the key, the value or the place that is wrong", () => {
  const cases: readonly (readonly [path: string, text: string, ...expected: string[]])[] = [
    ["a.txt", "x", "error[rule-format] 1:1"],
    ["a.eql", " \n", "error[missing-key] 1:1"],
    ["a.yaml", "", "error[not-a-rule] 1:1"],
    ["a.yaml", "id: a\nquery: x\n---\n7\n", "error[not-a-rule] 4:1"],
    ["a.yaml", "query: x\n", "error[missing-key] 1:1"],
    ["a.yaml", "id: a\nquery: '  '\n", "error[missing-key] 2:8"],
    ["a.yaml", "id: a\nquery: x\nnmae: y\n", "warning[unknown-key] 3:1"],
    ["a.yaml", "id: a\nquery: x\ntags: 5\n", "error[rule-type] 3:7"],
    ["a.yaml", "id: a\nquery: x\nrisk_score: 101\n", "error[rule-value] 3:13"],
    ["a.yaml", "id: a\nquery: x\nseverity: urgent\n", "warning[unknown-severity] 3:11"],
    ["a.yaml", "id: a\nquery: x\nid: b\n", "error[rule-syntax] 3:1"],
    ["a.yaml", "id: a\nquery: *q\n", "error[rule-syntax] 2:8"],
    [
      "a.yaml",
      "id: a\nquery: x\nsuppression: { by: [u], window: 5 min }\n",
      "error[rule-value] 3:33",
    ],
    [
      "a.yaml",
      "id: a\nquery: x\ntests:\n  - { name: t, events: [], expect: [[0]] }\n",
      "error[rule-value] 4:36",
    ],
    [
      "a.yaml",
      "id: a\nquery: x\ntests:\n  - { name: t, expect: 0, events: [5] }\n",
      "error[rule-value] 4:36",
    ],
    ["a.yaml", "id: a\nquery: x\nthreat: [{ tactic: { name: N } }]\n", "error[missing-key] 3:20"],
    ["a.json", '{"id": "a",\n "query": 1}', "error[rule-type] 2:11"],
    ["a.json", '{"id": "a",\n "query": "x",}', "error[rule-syntax] 2:15"],
    ["a.json", "{'id': 1}", "error[rule-syntax] 1:2"],
    ["a.json", '{"id": "a", "id": "b", "query": "x"}', "error[rule-syntax] 1:13"],
    ["a.toml", "[metadata]\n", "error[not-a-rule] 1:1"],
    ["a.toml", '[rule]\nrule_id = "a"\nquery = "x"\nseverity = 4\n', "error[rule-type] 4:12"],
    ["a.toml", '[rule]\nrule_id = "a"\nquery = \n', "error[rule-syntax] 3:9"],
    ["a.toml", '[rule]\nname = "a"\nquery = "x"\n', "error[missing-key] 1:1"],
  ];
  for (const [path, text, ...expected] of cases) {
    assert.deepEqual(remarks(path, text), expected, `${path}: ${text}`);
  }
});

test("a misspelt key is answered with the key that was meant", () => {
  const { diagnostics } = parse("a.yaml", "id: a\nquery: x\nsevertiy: low\n");
  assert.match(diagnostics[0]?.help ?? "", /`severity`/);
});

test("aliases repeat a value, and do not blow up", () => {
  const shared =
    "id: a\nquery: x\ntests:\n  - name: &n t\n    events: [&e {a: 1}, *e]\n    expect: 0\n";
  assert.deepEqual(onlyRule("a.yaml", shared).tests[0]?.events, [{ a: 1 }, { a: 1 }]);
  let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (let i = 1; i < 9; i += 1) {
    bomb += `a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}*a${i - 1}]\n`;
  }
  const { rules, diagnostics } = parse("a.yaml", bomb);
  assert.deepEqual(rules, []);
  assert.ok(diagnostics.some(({ code }) => code === "rule-syntax"));
});

test("deep nesting is refused in every format", () => {
  for (const path of ["a.json", "a.yaml"]) {
    const { rules, diagnostics } = parse(path, "[".repeat(20_000) + "]".repeat(20_000));
    assert.deepEqual(rules, []);
    assert.equal(diagnostics[0]?.code, "rule-syntax");
  }
  const toml = parse("a.toml", `a = ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`);
  assert.equal(toml.diagnostics[0]?.code, "rule-syntax");
});

test("file kinds go by extension, whatever its case", () => {
  for (const path of ["a.eql", "b/c.JSON", "a.yaml", "a.yml", "a.b.toml"]) {
    assert.ok(isRulePath(path), path);
  }
  for (const path of ["eql", "a.txt", "a.toml/b", "a.eql~"]) assert.ok(!isRulePath(path), path);
});

test("rules that share an id are warned of, the first one is not", () => {
  const { rules } = parse("a.json", '[{"id":"a","query":"x"},{"id":"b","query":"y"}]');
  const other = parse("b.json", '{"id":"a","query":"x"}').rules;
  const warnings = duplicateIdWarnings([...rules, ...other]);
  assert.deepEqual(
    warnings.map(({ severity, code, source }) => [severity, code, source.name]),
    [["warning", "duplicate-id", "b.json"]],
  );
  assert.match(warnings[0]?.message ?? "", /`a\.json`/);
  assert.deepEqual(warnings[0]?.span, { start: 7, end: 8 });
});
