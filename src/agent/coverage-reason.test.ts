import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf } from "./coverage-reason.ts";

test("what no host knows is the reason, whatever a source could tell beside it", () => {
  const why = reasonOf(["auditd.data.a2", "kubernetes.audit.stage"]);
  assert.equal(why, "it comes from the audit log of Kubernetes");
});

test("an action is told by the audit source, or is another's name for one of ours", () => {
  assert.match(reasonOf(["event.action: ssh_login", "event.action: user_login"])!, /^the audit/);
  assert.equal(reasonOf(["event.action: killed-pid"]), "killed-pid is Auditbeat's name for signal");
});

test("no reason is made up", () => {
  assert.equal(reasonOf(["process.name", "event.action: exec"]), null);
});
