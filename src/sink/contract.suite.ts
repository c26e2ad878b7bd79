/** What every sink must do; each implementation's test runs this. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert } from "../alert/alert.ts";
import type { AlertFormat, Sink } from "./contract.ts";

/** One implementation, as the suite needs it. */
export interface SinkHarness {
  readonly name: string;
  /** A sink whose deliveries `read` returns as text. */
  open(format: AlertFormat): { readonly sink: Sink; read(): Promise<string> };
  /** A sink that can't deliver anything: a full disk, a reader that went away. */
  openBroken(format: AlertFormat): Sink;
}

/** An alert that tells only by its id. */
export function sampleAlert(id: string): Alert {
  return {
    id,
    rule: {
      id: "rule",
      path: "rule.eql",
      name: "Rule",
      version: "1",
      description: "",
      severity: "low",
      riskScore: null,
      author: [],
      tags: [],
      references: [],
      threat: [],
      actions: [],
    },
    timeNs: 0n,
    kind: "event",
    match: [{ step: 0, event: "{}" }],
    keys: [],
    confidence: "certain",
    reasons: [],
    ancestry: [],
  };
}

export function testSinkContract(harness: SinkHarness): void {
  const format: AlertFormat = (alert) => `${alert.id}\n`;
  const { name } = harness;

  test(`${name}: alerts arrive in order, and are counted when they are flushed`, async () => {
    const { sink, read } = harness.open(format);
    sink.write(sampleAlert("first"));
    sink.write(sampleAlert("zweite ✓"));
    await sink.flush();
    assert.equal(await read(), "first\nzweite ✓\n");
    assert.deepEqual({ ...sink.counters }, { written: 2, lost: 0 });
    await sink.close();
  });

  test(`${name}: closing delivers what is held back, and may be repeated`, async () => {
    const { sink, read } = harness.open(format);
    sink.write(sampleAlert("only"));
    await sink.close();
    await sink.close();
    assert.equal(await read(), "only\n");
    assert.equal(sink.counters.written, 1);
  });

  test(`${name}: an alert after closing is lost and counted`, async () => {
    const { sink, read } = harness.open(format);
    await sink.close();
    sink.write(sampleAlert("late"));
    await sink.flush();
    assert.equal(await read(), "");
    assert.deepEqual({ ...sink.counters }, { written: 0, lost: 1 });
  });

  test(`${name}: many alerts are all delivered`, async () => {
    const { sink, read } = harness.open(format);
    const count = 20_000;
    for (let i = 0; i < count; i += 1) sink.write(sampleAlert(`alert ${i}`));
    await sink.close();
    const lines = (await read()).split("\n");
    assert.equal(lines.length, count + 1);
    assert.equal(lines[count - 1], `alert ${count - 1}`);
    assert.equal(sink.counters.written, count);
  });

  test(`${name}: what can't be delivered is counted as lost and stops nothing`, async () => {
    const sink = harness.openBroken(format);
    for (let i = 0; i < 3; i += 1) {
      sink.write(sampleAlert(`alert ${i}`));
      await sink.flush();
    }
    await sink.close();
    assert.deepEqual({ ...sink.counters }, { written: 0, lost: 3 });
  });
}
