import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert, AlertRule, Provenance } from "./alert.ts";
import { alertJson, severityScore } from "./serialize.ts";

const provenance: Provenance = {
  engineVersion: "1.2.3",
  schemaVersion: "1",
  rulePackHash: "ab".repeat(32),
};

const rule: AlertRule = {
  id: "r-1",
  path: "linux/shell.eql",
  name: 'A "shell"',
  version: "7",
  description: "",
  severity: "high",
  riskScore: null,
  author: ["Someone"],
  tags: ["linux"],
  references: [],
  threat: [
    {
      framework: "MITRE ATT&CK",
      tactic: { id: "TA0002", name: "Execution" },
      techniques: [
        { id: "T1059", name: "Command and Scripting Interpreter" },
        { id: "T1059.004", name: "Unix Shell" },
      ],
    },
    {
      framework: "MITRE ATT&CK",
      tactic: { id: "TA0003", name: "Persistence" },
      techniques: [{ id: "T1059", name: "Command and Scripting Interpreter" }],
    },
  ],
  actions: [{ action: "kill_process", field: "process.entity_id", state: 0 }],
};

const first = '{"process": {"pid": 12345678901234567890}, "event":{"category":["process"]}}';
const alert: Alert = {
  id: "cd".repeat(32),
  rule,
  timeNs: 1_652_292_620_395_000_001n,
  kind: "sequence",
  match: [
    { step: 0, event: '{"host":{"name":"other"}}' },
    { step: 1, event: first },
    { step: 2, event: null },
  ],
  keys: ["a", null],
  confidence: "certain",
  reasons: [],
  ancestry: [{ entityId: "e1", pid: 1, name: "init", executable: "/sbin/init", commandLine: null }],
};

test("an alert is one line of ECS with everything that the rule and the run say", () => {
  const text = alertJson(alert, provenance);
  assert.equal(text.includes("\n"), false);
  const parsed = JSON.parse(text);
  assert.equal(parsed["@timestamp"], "2022-05-11T18:10:20.395000001Z");
  assert.deepEqual(parsed.event, {
    kind: "alert",
    id: alert.id,
    category: ["process"],
    severity: 73,
  });
  assert.deepEqual(parsed.rule, {
    id: "r-1",
    name: 'A "shell"',
    version: "7",
    author: ["Someone"],
  });
  assert.deepEqual(parsed.threat, {
    framework: "MITRE ATT&CK",
    tactic: { id: ["TA0002", "TA0003"], name: ["Execution", "Persistence"] },
    technique: {
      id: ["T1059"],
      name: ["Command and Scripting Interpreter"],
      subtechnique: { id: ["T1059.004"], name: ["Unix Shell"] },
    },
  });
  assert.deepEqual(parsed.kestrel.rule, {
    path: "linux/shell.eql",
    severity: "high",
    tags: ["linux"],
    actions: rule.actions,
  });
  assert.deepEqual(parsed.kestrel.keys, ["a", null]);
  assert.equal(parsed.kestrel.confidence, "certain");
  assert.equal("reasons" in parsed.kestrel, false);
  assert.equal(parsed.kestrel.ancestry[0].entity_id, "e1");
  assert.equal(parsed.kestrel.engine_version, "1.2.3");
  assert.equal(parsed.kestrel.schema_version, "1");
  assert.equal(parsed.kestrel.rule_pack_hash, provenance.rulePackHash);
});

test("events are embedded as they came in, and a missing step has none", () => {
  const text = alertJson(alert, provenance);
  assert.ok(text.includes(`{"step":1,"event":${first}},{"step":2,"event":null}]`));
});

test("the alert's own ECS objects are those of the last matched event, to the last digit", () => {
  const text = alertJson(alert, provenance);
  assert.ok(text.includes(',"process":{"pid": 12345678901234567890},'));
  assert.equal("host" in JSON.parse(text), false);
});

test("dotted keys of an event become context too, and its category is found", () => {
  const event = '{"host.name":"h","event.category":"file","file.path":"/x","host":"text","a":1}';
  const parsed = JSON.parse(
    alertJson({ ...alert, match: [{ step: 0, event }] }, provenance),
  ) as Record<string, unknown>;
  assert.equal(parsed["host.name"], "h");
  assert.equal(parsed["file.path"], "/x");
  assert.equal("host" in parsed, false);
  assert.equal("a" in parsed, false);
  assert.equal((parsed["event"] as { category: string }).category, "file");
});

test("a degraded alert says why", () => {
  const degraded: Alert = { ...alert, confidence: "degraded", reasons: ["gap"] };
  assert.deepEqual(JSON.parse(alertJson(degraded, provenance)).kestrel.reasons, ["gap"]);
});

test("the risk score is the severity; without one the usual score of the severity's name is", () => {
  assert.equal(severityScore({ ...rule, riskScore: 42 }), 42);
  assert.equal(severityScore({ ...rule, severity: "Critical" }), 99);
  assert.equal(severityScore({ ...rule, severity: "odd" }), null);
});
