import assert from "node:assert/strict";
import { test } from "node:test";
import { AlertRecorder, compareAlerts } from "../agent/backtest.ts";
import type { Alert, AlertRule } from "../alert/alert.ts";
import { backtestJunit, backtestText } from "./backtest-text.ts";

function alert(rule: string, events: readonly string[], changes: Partial<Alert> = {}): Alert {
  const described = { id: rule, name: `Rule ${rule}`, path: "r.yaml", version: "1" };
  return {
    id: `${rule}-${events.join("-")}`,
    rule: described as unknown as AlertRule,
    timeNs: 1_000_000_000n,
    kind: "event",
    match: events.map((event, step) => ({ step, event: JSON.stringify({ event }) })),
    keys: [],
    confidence: "certain",
    reasons: [],
    ancestry: [],
    ...changes,
  };
}

function recorded(...alerts: readonly Alert[]): AlertRecorder {
  const recorder = new AlertRecorder();
  for (const each of alerts) recorder.write(each);
  return recorder;
}

test("alerts are told apart by their rule and events", () => {
  const before = recorded(alert("a", ["1"]), alert("a", ["2"]), alert("b", ["1", "3"]));
  const after = recorded(alert("a", ["1"]), alert("b", ["2", "3"]), alert("c", ["9"]));
  const { added, removed, changed, unchanged, rules } = compareAlerts(before, after);
  assert.deepEqual(
    { added, removed, changed, unchanged },
    { added: 1, removed: 1, changed: 1, unchanged: 1 },
  );
  assert.deepEqual(
    rules.map(({ rule }) => rule),
    ["a", "b", "c"],
  );
  assert.equal(rules[0]!.removed[0]!.id, "a-2");
  assert.deepEqual(
    rules[1]!.changed.map((pair) => [pair.before.id, pair.after.id]),
    [["b-1-3", "b-2-3"]],
  );
  assert.equal(rules[2]!.added[0]!.time, "1970-01-01T00:00:01.000Z");
});

test("the same events with another confidence are a change, as often as they occur", () => {
  const degraded = alert("a", ["1"], { confidence: "degraded", reasons: ["gap"] });
  const { rules } = compareAlerts(
    recorded(alert("a", ["1"]), alert("a", ["1"])),
    recorded(degraded, alert("a", ["1"]), alert("a", ["1"])),
  );
  assert.equal(rules[0]!.unchanged, 2);
  assert.equal(rules[0]!.added.length, 1);
  const one = compareAlerts(recorded(alert("a", ["1"])), recorded(degraded));
  assert.equal(one.changed, 1);
});

test("a comparison is shown as a table and as test cases", () => {
  const difference = compareAlerts(
    recorded(alert("a<", ["1"]), alert("b", ["1"])),
    recorded(
      alert("b", ["1"]),
      ...Array.from({ length: 7 }, (_unused, i) => alert("b", [`n${i}`])),
    ),
  );
  const text = backtestText(difference);
  assert.match(text, /^7 alerts appear, 1 disappear, 0 change, 1 stay\n/);
  assert.match(text, /and 2 more/);
  const xml = backtestJunit(difference);
  assert.match(xml, /tests="2" failures="2"/);
  assert.match(xml, /classname="a&#60;"/);
  const same = compareAlerts(recorded(alert("a", ["1"])), recorded(alert("a", ["1"])));
  assert.equal(backtestText(same), "0 alerts appear, 0 disappear, 0 change, 1 stay\n");
  assert.match(backtestJunit(same), /failures="0"/);
});
