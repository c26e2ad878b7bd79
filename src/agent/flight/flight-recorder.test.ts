/** What slices hold, and that they replay to their alerts whatever the rule rests on. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Alert } from "../../alert/alert.ts";
import { digestLine } from "../../alert/digest.ts";
import { defaultLimits, type Limits } from "../../base/limits.ts";
import { gapJson } from "../../event/stream-record.ts";
import { readLog } from "../../log/log.fixture.ts";
import { Redactor } from "../../log/redactor.ts";
import {
  atSecond,
  type EventShape,
  eventText,
  type Flight,
  type FlyOptions,
  fly,
  rulesOf,
  temporaryFolder,
} from "./flight.fixture.ts";
import { FlightRecorder } from "./flight-recorder.ts";

function flown(lines: readonly string[], options: FlyOptions): Flight {
  return fly(lines, temporaryFolder(after), options);
}

/** Each slice replays to its alert, in all that the digest covers. */
async function assertReplays(flight: Flight, alerts: number): Promise<void> {
  assert.equal(flight.alerts.length, alerts);
  const { written, incomplete } = flight.report.slices;
  assert.deepEqual([written, incomplete], [alerts, 0]);
  for (const alert of flight.alerts) {
    assert.equal(alert.slice, `${alert.id}.klog`);
    assert.equal(flight.description(alert.slice).replays_to, "same");
    const lines = (await flight.replay(alert.slice)).map(digestLine);
    assert.ok(lines.includes(digestLine(alert)), alert.rule.id);
  }
}

/** Events of processes that have nothing to do with the others, enough to fill a small ring. */
function noise(fromSecond: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    eventText({ second: fromSecond + i / 1000, id: `noise-${i}`, parent: "other", padding: 900 }),
  );
}

function events(...shapes: readonly EventShape[]): string[] {
  return shapes.map(eventText);
}

const small = { sizeBytes: 0x10000 };
const shell = { "shell.eql": 'process where process.name == "sh"' };
const pair = {
  "pair.eql":
    'sequence by process.entity_id with maxspan=1h [process where process.name == "a"] [network where true]',
};

describe("a slice", () => {
  it("holds what related processes did before and after, and nothing of others", async () => {
    const before = events(
      { second: 0, id: "init" },
      { second: 1, id: "sshd", parent: "init" },
      { second: 2, id: "bash", parent: "sshd", category: "file", action: "creation" },
      { second: 2, id: "cron", parent: "init" },
      { second: 3, id: "sibling", parent: "bash", category: "network" },
      { second: 4, id: "sh", parent: "bash", category: "file" },
    );
    const match = eventText({ second: 5, id: "sh", parent: "bash" });
    const later = events(
      { second: 9, id: "sh", parent: "bash", category: "network", action: "connection_attempted" },
      { second: 9.5, id: "child", parent: "sh" },
      { second: 9.6, id: "cron", parent: "init" },
      { second: 10.5, id: "late", parent: "sh" },
      { second: 11, id: "too-late", parent: "sh" },
    );
    const flight = flown([...before, match, ...later], { rules: rulesOf(shell) });
    const [alert] = flight.alerts;
    const related = (lines: readonly string[]): string[] =>
      lines.filter((line) => !/"(cron|too-late)"/.test(line));
    // The portion that shows that five seconds have passed is the last one.
    assert.deepEqual(flight.records(alert?.slice), related([...before, match, ...later]));
    assert.deepEqual(flight.description(alert?.slice), {
      alert: alert?.id,
      rule: { id: alert?.rule.id, version: alert?.rule.version },
      time: "2026-01-01T00:00:05.000Z",
      replays_to: "same",
      records: { ancestor: 3, sibling: 1, self: 2, match: 1, descendant: 2 },
      left_out: 0,
    });
    await assertReplays(flight, 1);
  });

  it("prefers near relations, then what is near in time, and counts what it leaves out", () => {
    const lines = [
      ...events({ second: 0, id: "bash" }, { second: 1, id: "sibling", parent: "bash" }),
      ...Array.from({ length: 5 }, (_, i) =>
        eventText({ second: 2 + i, id: "sh", parent: "bash", name: "dash", category: "file" }),
      ),
      eventText({ second: 8, id: "sh", parent: "bash" }),
    ];
    const flight = flown(lines, { rules: rulesOf(shell), limits: { sliceRecords: 3 } });
    const [alert] = flight.alerts;
    assert.deepEqual(flight.records(alert?.slice), [...lines.slice(4, 7), lines[7]]);
    assert.equal(flight.description(alert?.slice).left_out, 4);
    const bytes = lines[6]!.length + lines[5]!.length;
    const fewer = flown(lines, { rules: rulesOf(shell), limits: { sliceBytes: bytes } });
    assert.deepEqual(fewer.records(fewer.alerts[0]?.slice), lines.slice(5, 8));
  });

  it("knows processes by their pid where they have no entity id", () => {
    const line = (second: number, name: string, pid: number, parent: number, host = "h"): string =>
      JSON.stringify({
        "@timestamp": `2026-01-01T00:00:0${second}Z`,
        "event.category": "process",
        host: { id: host },
        process: { name, pid, parent: { pid: parent } },
      });
    const lines = [line(0, "bash", 10, 1), line(1, "sh", 11, 10), line(2, "cat", 12, 11)];
    const others = [line(1, "bash", 10, 1, "other"), line(2, "cron", 13, 2)];
    const flight = flown([lines[0]!, lines[1]!, others[0]!, lines[2]!, others[1]!], {
      rules: rulesOf(shell),
    });
    assert.deepEqual(flight.records(flight.alerts[0]?.slice), lines);
  });
});

describe("a slice replays to its alert", () => {
  it("where the events of a sequence left the ring long ago", async () => {
    const first = eventText({ second: 0, id: "p", name: "a" });
    const last = eventText({ second: 60, id: "p", category: "network" });
    const flight = flown([first, ...noise(1, 200), last], { rules: rulesOf(pair), ...small });
    assert.ok(flight.report.overwritten > 100);
    assert.deepEqual(flight.records(flight.alerts[0]?.slice), [first, last]);
    await assertReplays(flight, 1);
  });

  it("where the event that stopped another match is of an unrelated process", async () => {
    const rules = rulesOf({
      "reference.eql": `sequence by user.id [process where true] as event0
          [file where file.name == event0.process.name] [network where true]`,
    });
    const user = "0";
    const lines = events(
      { second: 0, id: "p", name: "1", user },
      { second: 1, id: "p", category: "file", file: "1", user },
      { second: 2, id: "p", name: "2", user },
      { second: 3, id: "unrelated", parent: "other", name: "3", user },
      // Without the event before, this would go on with the one before that, in place of the first two.
      { second: 4, id: "p", category: "file", file: "2", user },
      { second: 5, id: "p", category: "network", user },
    );
    const flight = flown(lines, { rules });
    const [alert] = flight.alerts;
    assert.deepEqual(flight.records(alert?.slice), [...lines.slice(0, 2), ...lines.slice(5)]);
    assert.equal(flight.description(alert?.slice).left_out, 2);
    await assertReplays(flight, 1);
  });

  it("where the alert that opened a window of suppression is not in it", async () => {
    const rules = rulesOf({
      "s.yaml": `id: s
name: s
query: process where process.name == "sh"
suppression: { by: [user.id], window: 60s }
`,
    });
    const line = (second: number): string => eventText({ second, id: "sh", user: "0" });
    const lines = [line(0), ...noise(1, 80), line(50), line(70), line(200)];
    const flight = flown(lines, { rules, ...small });
    const [, second] = flight.alerts;
    assert.deepEqual(flight.records(second?.slice), [line(70)]);
    await assertReplays(flight, 3);
  });

  it("where it was decided by the deadline of a missing event", async () => {
    const rules = rulesOf({
      "missing.eql":
        'sequence by process.entity_id with maxspan=10s [process where process.name == "a"] ![network where true]',
    });
    const lines = [
      eventText({ second: 0, id: "p", name: "a" }),
      eventText({ second: 11, id: "unrelated", parent: "other" }),
    ];
    const flight = flown(lines, { rules });
    assert.deepEqual(flight.records(flight.alerts[0]?.slice), lines.slice(0, 1));
    await assertReplays(flight, 1);
  });

  it("with its doubts, also when the gap record has left the ring", async () => {
    const rules = rulesOf({
      ...pair,
      "lead.eql":
        'sequence by process.entity_id with maxspan=1h ![file where true] [registry where process.name == "r"]',
    });
    const gap = (second: number): string => {
      const [fromNs, toNs] = [atSecond(second - 1), atSecond(second)];
      return gapJson({ source: "ebpf", fromNs, toNs, lost: 3, categories: [] }, toNs);
    };
    const lines = [
      gap(0),
      eventText({ second: 10, id: "p", name: "a" }),
      gap(20),
      ...noise(21, 200),
      eventText({ second: 60, id: "p", category: "network" }),
      eventText({ second: 70, id: "r", category: "registry" }),
    ];
    const flight = flown(lines, { rules, ...small });
    assert.deepEqual(
      flight.alerts.map(({ reasons }) => reasons),
      [["gap"], ["gap"]],
    );
    await assertReplays(flight, 2);
    assert.deepEqual(flight.records(flight.alerts[0]?.slice), [lines[1], lines[2], lines.at(-2)]);
    assert.deepEqual(flight.records(flight.alerts[1]?.slice), [lines[0], lines[2], lines.at(-1)]);
  });
});

describe("a slice replays to its alert", () => {
  it("with what lineage rests on, however long ago it was", async () => {
    const rules = rulesOf({
      "lineage.eql":
        'network where process.name == "curl" and descendant of [process where process.name == "sshd"]',
      "child.eql":
        'network where process.name == "curl" and child of [file where process.name == "bash"]',
      "event.eql":
        'network where process.name == "curl" and event of [process where process.name == "curl"]',
    });
    const chain = events(
      { second: 0, id: "sshd", parent: "init" },
      { second: 1, id: "bash", parent: "sshd" },
      { second: 2, id: "bash", parent: "sshd", category: "file" },
      { second: 3, id: "curl", parent: "bash" },
    );
    const last = eventText({ second: 60, id: "curl", parent: "bash", category: "network" });
    const flight = flown([...chain, ...noise(4, 200), last], { rules, ...small });
    await assertReplays(flight, 3);
    for (const { slice } of flight.alerts) {
      assert.deepEqual(flight.records(slice), [...chain, last]);
      assert.deepEqual(flight.description(slice).records, { lineage: 4, match: 1 });
    }
  });

  it("where a relation came after the process that must not have it", async () => {
    const rules = rulesOf({
      "not.eql":
        'network where process.name == "curl" and not descendant of [file where process.name == "bash"]',
    });
    const lines = [
      ...events(
        { second: 0, id: "bash", parent: "sshd" },
        { second: 1, id: "curl", parent: "bash" },
      ),
      ...noise(2, 50),
      eventText({ second: 50, id: "bash", parent: "sshd", category: "file" }),
      eventText({ second: 60, id: "curl", parent: "bash", category: "network" }),
    ];
    const flight = flown(lines, { rules, ...small });
    assert.deepEqual(flight.records(flight.alerts[0]?.slice), lines.slice(-1));
    await assertReplays(flight, 1);
  });

  it("of a sample", async () => {
    const rules = rulesOf({
      "sample.eql":
        'sample by user.id [process where process.name == "x"] [process where process.name == "y"]',
    });
    const lines = [
      eventText({ second: 0, id: "y", user: "0" }),
      ...noise(1, 200),
      eventText({ second: 60, id: "x", user: "0" }),
    ];
    const flight = flown(lines, { rules, ...small });
    await assertReplays(flight, 1);
  });
});

describe("a slice", () => {
  it("says so where its alert is degraded by evictions, which no slice can repeat", async () => {
    const lines = [
      ...events({ second: 0, id: "p", name: "a" }, { second: 1, id: "q", name: "a" }),
      ...events({ second: 2, id: "r", name: "a" }, { second: 3, id: "r", category: "network" }),
    ];
    const flight = flown(lines, { rules: rulesOf(pair), limits: { partialsPerRule: 2 } });
    const [alert] = flight.alerts;
    assert.deepEqual(alert?.reasons, ["evicted"]);
    assert.equal(flight.description(alert?.slice).replays_to, "differs");
    assert.equal(flight.report.slices.incomplete, 1);
    const [again] = await flight.replay(alert?.slice);
    assert.deepEqual([again?.id, again?.confidence], [alert?.id, "certain"]);
  });

  it("has nothing in it that is to be taken out, and names the alert that it then replays to", async () => {
    const redactor = new Redactor([{ field: "user.id", replacement: "[redacted]" }]);
    const rules = rulesOf({ ...shell, "user.eql": 'process where user.id == "0"' });
    const line = eventText({ second: 0, id: "sh", user: "0" });
    const flight = flown([line], { rules, redactor });
    const [byName, byUser] = [...flight.alerts].sort((a) => (a.rule.id === "user.eql" ? 1 : -1));
    const [text = ""] = flight.records(byName?.slice);
    assert.ok(text.includes("[redacted]") && !text.includes('"0"'), text);
    const described = flight.description(byName?.slice);
    assert.equal(described.replays_to, "same");
    assert.equal(described.alert, byName?.id);
    const again = await flight.replay(byName?.slice);
    assert.deepEqual(
      [described.alert_after_redaction],
      again.map(({ id }) => id),
    );
    assert.equal(flight.description(byUser?.slice).replays_to, "none");
    assert.equal(flight.report.slices.incomplete, 1);
  });

  it("belongs to the rules that raised its alert, when others have taken over", async () => {
    const [before, now] = [
      rulesOf(shell),
      rulesOf({ "other.eql": 'process where process.name == "x"' }),
    ];
    const lines = events({ second: 0, id: "sh" }, { second: 1, id: "b" }, { second: 2, id: "c" });
    const flight = flown(lines, {
      rules: before,
      beforePortion: (records, engine) => {
        if (records === 1) engine.swap(now);
      },
    });
    await assertReplays(flight, 1);
    assert.deepEqual(await flight.replay(flight.alerts[0]?.slice, now), []);
  });
});

describe("a flight recorder", () => {
  it("gives alerts with the same events one slice", () => {
    const line = eventText({ second: 0, id: "sh" });
    const flight = flown([line, line], { rules: rulesOf(shell) });
    const [first, second] = flight.alerts;
    assert.ok(first?.slice !== undefined && first.slice === second?.slice);
    assert.equal(flight.report.slices.written, 1);
  });

  it("gives no slice to alerts beyond its limits, and counts them", () => {
    const lines = Array.from({ length: 6 }, (_, i) =>
      eventText({ second: i / 10, id: "sh", user: `${i}` }),
    );
    const rules = rulesOf(shell);
    const named = ({ alerts }: Flight): number => alerts.filter(({ slice }) => slice).length;
    for (const limits of [{ slicesWaiting: 2 }, { sliceFiles: 2 }]) {
      const flight = flown(lines, { rules, limits });
      assert.deepEqual([named(flight), flight.report.slices.refused], [2, 4]);
      assert.equal(flight.report.slices.written, 2);
    }
    const apart = lines.map((_, i) => eventText({ second: i * 10, id: "sh" }));
    const full = flown(apart, { rules, limits: { sliceFolderBytes: 2000 } });
    assert.ok(full.report.slices.refused > 0 && full.report.slices.written > 0);
    assert.equal(full.report.slices.refused + named(full), 6);
  });

  it("counts the slices that its folder holds already, and removes what was not finished", () => {
    const folder = temporaryFolder(after);
    writeFileSync(join(folder, "a.klog"), "x");
    writeFileSync(join(folder, "b.klog.part"), "x");
    const line = eventText({ second: 0, id: "sh" });
    const flight = fly([line], folder, { rules: rulesOf(shell), limits: { sliceFiles: 1 } });
    assert.equal(flight.report.slices.refused, 1);
    assert.deepEqual(readdirSync(folder), ["a.klog"]);
  });

  it("goes on where a slice can't be written, tells and counts it", () => {
    const folder = temporaryFolder(after);
    const problems: string[] = [];
    const lines = events({ second: 0, id: "sh" }, { second: 9, id: "x" }, { second: 10, id: "sh" });
    const blocked = `${fly(lines.slice(0, 1), temporaryFolder(after), { rules: rulesOf(shell) }).alerts[0]!.id}.klog`;
    mkdirSync(join(folder, blocked, "in-the-way"), { recursive: true });
    const flight = fly(lines, folder, {
      rules: rulesOf(shell),
      onProblem: (message) => problems.push(message),
    });
    const { written, failed } = flight.report.slices;
    assert.deepEqual([written, failed, problems.length], [1, 1, 1]);
    assert.match(problems[0]!, new RegExp(blocked));
    assert.deepEqual(readdirSync(folder).length, 2);
  });

  it("counts records that are larger than its memory, and alerts on them all the same", () => {
    const line = eventText({ second: 0, id: "sh", padding: 100_000 });
    const flight = flown([line], { rules: rulesOf(shell), ...small });
    assert.equal(flight.report.oversized, 1);
    assert.deepEqual(flight.records(flight.alerts[0]?.slice), [line]);
    assert.equal(flight.report.slices.incomplete, 0);
  });
});

describe("the end of a slice", () => {
  it("comes before what was before the alert is lost for what comes after", () => {
    const before = eventText({ second: 0, id: "bash" });
    const match = eventText({ second: 1, id: "sh", parent: "bash" });
    const children = Array.from({ length: 200 }, (_, i) =>
      eventText({ second: 1 + i / 1000, id: `c${i}`, parent: "sh", padding: 900 }),
    );
    const flight = flown([before, match, ...children], { rules: rulesOf(shell), ...small });
    assert.ok(flight.report.overwritten > 100);
    const records = flight.records(flight.alerts[0]?.slice);
    assert.deepEqual(records.slice(0, 3), [before, match, children[0]]);
    assert.ok(records.length > 20 && records.length < 30, `${records.length} records`);
  });

  it("comes by the clock where no events do, is written in portions and shown when it is whole", () => {
    const folder = temporaryFolder(after);
    const { limits, recorder, alert } = oneAlert(folder, 300);
    const [name = ""] = [recorder.begin(alert, rulesOf(shell)).slice];
    for (const nowMs of [0, 9999, 10_000]) {
      recorder.tick(nowMs);
      assert.deepEqual(readdirSync(folder), []);
    }
    recorder.tick(10_000);
    recorder.tick(10_000);
    assert.deepEqual(readdirSync(folder), [`${name}.part`]);
    for (let i = 0; i < 5; i += 1) recorder.tick(10_000);
    assert.deepEqual(readdirSync(folder), [name]);
    assert.equal(recorder.report.slices.written, 1);
    const { records } = readLog(join(folder, name), limits);
    assert.equal(records.length, 302);
  });
});

/** A recorder that has `count` events of a process, and the alert that was raised on one more. */
function oneAlert(
  folder: string,
  count: number,
): { readonly limits: Limits; readonly recorder: FlightRecorder; readonly alert: Alert } {
  const limits = { ...defaultLimits };
  const options = { sizeBytes: 0x100000, folder, limits, onProblem: assert.fail };
  const recorder = new FlightRecorder(options);
  const line = eventText({ second: 1, id: "sh" });
  const [alert] = fly([line], temporaryFolder(after), { rules: rulesOf(shell) }).alerts;
  recorder.add(line, atSecond(1));
  for (let i = 0; i < count; i += 1) {
    const second = 1 + i / 1000;
    recorder.add(eventText({ second, id: "sh", category: "file" }), atSecond(second));
  }
  return { limits, recorder, alert: alert! };
}
