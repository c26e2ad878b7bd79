import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert } from "../alert/alert.ts";
import { alertText, processTree } from "./alert-text.ts";
import { createPaint } from "./color.ts";

const event = JSON.stringify({
  "@timestamp": "2024-02-03T04:05:06.789Z",
  event: { category: ["process"], action: "exec" },
  process: { name: "sh", pid: 81, executable: "/bin/sh", args: ["sh", "-c", "id"] },
});

const alert: Alert = {
  id: "0",
  rule: {
    id: "web-shell",
    path: "linux/web-shell.eql",
    name: "Shell from a web server",
    version: "1.0.0",
    description: "",
    severity: "high",
    riskScore: null,
    author: [],
    tags: [],
    references: [],
    threat: [
      {
        framework: "MITRE ATT&CK",
        tactic: { id: "TA0002", name: "Execution" },
        techniques: [{ id: "T1059", name: "Command and Scripting Interpreter" }],
      },
    ],
    actions: [],
  },
  timeNs: 1_706_933_106_789_000_000n,
  kind: "event",
  match: [{ step: 0, event }],
  keys: [],
  confidence: "certain",
  reasons: [],
  ancestry: [
    { entityId: "b", pid: 80, name: "nginx", executable: null, commandLine: "nginx: worker" },
    { entityId: "a", pid: 1, name: null, executable: "/usr/lib/systemd", commandLine: null },
  ],
};

test("an alert reads as what, when, why and the tree of processes", () => {
  assert.equal(
    alertText(alert, createPaint(false)),
    [
      "HIGH  Shell from a web server",
      "  time     2024-02-03T04:05:06.789Z",
      "  rule     web-shell 1.0.0 (linux/web-shell.eql)",
      "  ATT&CK   Execution TA0002: T1059 Command and Scripting Interpreter",
      "  step 0   process exec  sh(81): sh -c id",
      "  process  systemd(1): /usr/lib/systemd",
      "           └─ nginx(80): nginx: worker",
      "              └─ sh(81): sh -c id",
      "",
      "",
    ].join("\n"),
  );
});

test("keys, missing events and a degraded confidence are shown", () => {
  const text = alertText(
    {
      ...alert,
      keys: ["host-1", null],
      match: [
        { step: 0, event },
        { step: 1, event: null },
      ],
      confidence: "degraded",
      reasons: ["gap", "evicted"],
    },
    createPaint(false),
  );
  assert.match(text, /^ {2}keys {5}host-1, \(none\)$/m);
  assert.match(text, /^ {2}step 1 {3}\(no such event\)$/m);
  assert.match(text, /^ {2}note {5}degraded: gap, evicted$/m);
});

test("a process without known ancestors draws no tree", () => {
  assert.deepEqual(processTree({ ...alert, ancestry: [] }), []);
});

test("what an attacker wrote can't steer the terminal or forge a line", () => {
  const forged = JSON.stringify({
    event: { category: "process" },
    process: { name: "x", command_line: "x \u001b[2J\nHIGH  forged\u202e" },
  });
  const text = alertText({ ...alert, match: [{ step: 0, event: forged }] }, createPaint(false));
  for (const char of ["\u001b", "\u202e"]) assert.equal(text.includes(char), false);
  assert.equal(/^HIGH {2}forged/m.test(text), false);
  assert.ok(text.includes("x \\u{1b}[2J\\nHIGH  forged\\u{202e}"));
});

test("long command lines are cut", () => {
  const long = JSON.stringify({ process: { name: "x", command_line: "é".repeat(5000) } });
  const lines = alertText({ ...alert, match: [{ step: 0, event: long }] }, createPaint(false));
  for (const line of lines.split("\n")) assert.ok([...line].length <= 260, line.slice(0, 20));
});
