import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { monotonicMs } from "../base/clock.ts";
import type { EventMaker } from "./counted-events.ts";
import { DrainedSource, type DrainResult, type Sensor } from "./drained-source.ts";

const noEvents: EventMaker = { seed() {}, accept() {}, close() {} };

/** Sees nothing, and counts how often it is asked. */
class QuietSensor implements Sensor {
  readonly intervalMs: number;
  readonly horizonMs = 3;
  readonly filtered = 0;
  readonly rejected = 0;
  drains: number = 0;

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  isQuiet(): boolean {
    return true;
  }

  drain(): DrainResult {
    this.drains += 1;
    return "empty";
  }

  close(): void {}
}

/** Its sleep ends a little early, as one that counts in whole ms. */
class LightSleeper extends QuietSensor {
  sleep(ms: number): Promise<void> {
    return delay(Math.max(1, Math.floor(ms) - 2));
  }
}

/** Reads the sensor for a while; how many heartbeats it gave. */
async function beatsOf(sensor: Sensor, forMs: number): Promise<number> {
  const source = new DrainedSource("proc", sensor, () => noEvents);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), forMs);
  let beats = 0;
  for await (const items of source.items(stop.signal)) {
    beats += items.filter((item) => typeof item !== "string" && item.kind === "heartbeat").length;
  }
  source.close();
  return beats;
}

const cases: readonly (readonly [string, (intervalMs: number) => QuietSensor])[] = [
  ["one that can't be slept on", (intervalMs) => new QuietSensor(intervalMs)],
  ["one whose sleep ends early", (intervalMs) => new LightSleeper(intervalMs)],
];
for (const [name, create] of cases) {
  for (const intervalMs of [10, 100, 1000]) {
    test(`a quiet sensor is let alone: ${name}, ${intervalMs} ms`, {
      timeout: 30_000,
    }, async () => {
      const sensor = create(intervalMs);
      const startMs = monotonicMs();
      const beats = await beatsOf(sensor, 1000);
      const seconds = (monotonicMs() - startMs) / 1000;
      assert.ok(beats >= 1, "time is told");
      // Four beats a second, and in the beginning some drains an interval apart.
      assert.ok(sensor.drains <= 40 * seconds, `${sensor.drains} drains`);
    });
  }
}
