import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert } from "../../alert/alert.ts";
import { Prng } from "../../base/prng.ts";
import { AlertMerge } from "./alert-merge.ts";
import type { ReleasedAlert } from "./messages.ts";

function released(time: number, rule: number, order: number, id: string): ReleasedAlert {
  // Only what the merge reads.
  return { alert: { id, timeNs: BigInt(time) } as unknown as Alert, rule, order };
}

function compare(a: ReleasedAlert, b: ReleasedAlert): number {
  return Number(a.alert.timeNs - b.alert.timeNs) || a.rule - b.rule || a.order - b.order;
}

test("what engines release batch by batch comes out in the order of one engine", () => {
  const random = new Prng(3);
  for (let round = 0; round < 50; round += 1) {
    const engines = 1 + random.int(4);
    const all = Array.from({ length: 60 }, (_unused, i) =>
      released(random.int(20), random.int(12), random.int(3), String(i)),
    );
    const wanted = [...all].sort(compare);
    const merged: ReleasedAlert[] = [];
    const merge = new AlertMerge(engines, (alert) => merged.push(alert));
    const ends = [3, 3, 9, 14, 20];
    // Each engine hands in its own rules' alerts of a batch; which engine is ahead changes.
    const queues = Array.from({ length: engines }, (_unused, engine) =>
      ends.map((end, batch) =>
        wanted.filter(
          ({ alert, rule }) =>
            rule % engines === engine &&
            alert.timeNs >= (ends[batch - 1] ?? 0) &&
            alert.timeNs < end,
        ),
      ),
    );
    while (queues.some((queue) => queue.length > 0)) {
      const engine = random.int(engines);
      const next = queues[engine]!.shift();
      if (next !== undefined) merge.add(engine, next);
    }
    assert.deepEqual(
      merged.map(({ alert }) => alert.id),
      wanted.map(({ alert }) => alert.id),
    );
  }
});

test("nothing comes out before all engines are done with a batch", () => {
  const ids: string[] = [];
  const merge = new AlertMerge(2, ({ alert }) => ids.push(alert.id));
  merge.add(0, [released(1, 0, 0, "a")]);
  merge.add(0, [released(2, 0, 0, "c")]);
  assert.deepEqual(ids, []);
  merge.add(1, [released(1, 1, 0, "b")]);
  assert.deepEqual(ids, ["a", "b"]);
  merge.add(1, []);
  assert.deepEqual(ids, ["a", "b", "c"]);
});
