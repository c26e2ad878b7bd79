/** Events that are made of a host's activities, asked as public rules for Linux ask. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { sha256Hex } from "../src/base/hash.ts";
import {
  actor,
  at,
  exec,
  fileFacts,
  fork,
  Recorder,
} from "../src/collect/host/activity.fixture.ts";
import { everyActivity, knownProcess } from "../src/collect/host/every-activity.fixture.ts";
import { Detector } from "../src/engine/detector.ts";
import { compileRules } from "../src/rule/compile.ts";
import { parseRuleFile } from "../src/rule/parse.ts";
import { builtInSchema } from "../src/schema/field-table.ts";

/** How often each query matches the events, which are pushed as their JSON texts say. */
function matches(queries: readonly string[], texts: readonly string[]): number[] {
  const rules = queries.flatMap((text, index) => {
    const parsed = parseRuleFile({ path: `${index}.eql`, text }, sha256Hex);
    assert.deepEqual(parsed.diagnostics, [], text);
    return parsed.rules;
  });
  const { set, diagnostics } = compileRules(rules, { schema: builtInSchema() });
  assert.deepEqual(diagnostics, []);
  const counts = queries.map(() => 0);
  const onAlert = ({ rule }: { rule: { id: string } }): void => {
    counts[Number(rule.id.replace(".eql", ""))]! += 1;
  };
  const detector = new Detector({ rules: set, onAlert });
  for (const text of texts) {
    const { kind } = detector.push(text);
    assert.notEqual(kind, "rejected", text);
  }
  detector.close();
  return counts;
}

const askedOnce: readonly string[] = [
  'process where event.type == "start" and event.action == "fork" and process.pid == 61',
  'process where event.type == "start" and event.action == "memfd_create"',
  'process where event.type == "start" and event.action == "load_module"',
  'driver where event.action == "load_module"',
  "process where process.Ext.load_module.taint_flags != null",
  'process where event.type == "end" and event.action == "end"',
  'process where event.type == "change" and event.action == "session_id_change"',
  'process where event.type == "change" and event.action == "uid_change" and user.id == 0 and user.Ext.real.id != 0',
  'process where event.type == "change" and event.action == "gid_change" and group.Ext.real.id == "1000"',
  'process where event.action == "ptrace" and process.Ext.ptrace.child_pid == 61',
  'file where event.type == "change" and event.action == "open"',
  'file where event.type == "creation" and event.action == "creation"',
  'file where event.type == "deletion"',
  'file where event.action == "rename" and file.Ext.original.extension == "sh"',
  'network where event.type == "start" and event.action == "connection_attempted" and destination.domain != null',
  'network where event.type == "end" and event.action == "disconnect_received"',
  'dns where event.action == "lookup_result" and dns.question.name like~ "FILES.*"',
  'network where event.action == "lookup_requested"',
  'process where event.action == "exec" and process.entry_leader.entry_meta.type == "sshd" and process.interactive == true and process.pid == 60 and process.title == null and process.Ext.memfd.name == "x" and kestrel.racy == "file.path"',
];

it("events are found by the categories, types and actions that rules name", () => {
  const recorder = new Recorder();
  recorder.feed(...knownProcess("/bin/bash", fileFacts), ...everyActivity("/bin/bash", fileFacts));
  assert.deepEqual(
    matches(askedOnce, recorder.texts),
    askedOnce.map(() => 1),
  );
});

it("lookups are not taken for connections", () => {
  const recorder = new Recorder();
  recorder.feed(...knownProcess("/bin/bash", fileFacts), ...everyActivity("/bin/bash", fileFacts));
  const query =
    'network where event.type == "start" and not cidrmatch(destination.ip, "10.0.0.6/32")';
  const [count] = matches([query], recorder.texts);
  // Two connections that were accepted lead to this host itself.
  assert.equal(count, 2);
});

it("sequences and lineage follow identities", () => {
  const recorder = new Recorder();
  const shell = actor(60, 10);
  recorder.feed(exec(shell, 11, ["/bin/sh"]), fork(shell, 20, 70));
  const child = actor(70, 20);
  recorder.feed(exec(child, 21, ["/usr/bin/curl"]), fork(child, 22, 71));
  recorder.feed(exec(actor(71, 22), 23, ["/usr/bin/tool"]));
  recorder.feed({ kind: "memfd", timeNs: at(24), actor: child, name: "x", flags: 0 });
  const counts = matches(
    [
      'sequence by process.entity_id with maxspan=1s [process where event.action == "exec"] [process where event.action == "memfd_create"]',
      'process where event.action == "exec" and descendant of [process where process.name == "sh"]',
      'sequence with maxspan=1s [process where event.action == "fork"] by process.entity_id [process where event.action == "exec"] by process.entity_id',
    ],
    recorder.texts,
  );
  assert.deepEqual(counts, [1, 2, 2]);
});
