import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Prng } from "../base/prng.ts";
import { type Dated, DeadlineQueue } from "./deadline.ts";

interface Item extends Dated {
  readonly name: number;
}

const byTime = (a: Item, b: Item): number =>
  a.queuedNs === b.queuedNs ? a.name - b.name : a.queuedNs < b.queuedNs ? -1 : 1;

function createItem(name: number, queuedNs: bigint): Item {
  return { name, queuedNs, queueIndex: -1, queueBucket: 0 };
}

describe("the queue of deadlines", () => {
  it("gives what is due in order, however items come and go", () => {
    const random = new Prng(17);
    for (let run = 0; run < 40; run += 1) {
      const queue = new DeadlineQueue<Item>(byTime);
      let inside: Item[] = [];
      let nowNs = 1_700_000_000_000_000_000n;
      for (let step = 0; step < 400; step += 1) {
        const choice = random.float();
        if (choice < 0.55) {
          const spanNs = BigInt(Math.floor(random.float() ** 4 * 2e13)) - 1_000_000_000n;
          const item = createItem(step, nowNs + spanNs);
          queue.add(item);
          inside.push(item);
        } else if (choice < 0.8 && inside.length > 0) {
          const [item] = inside.splice(Math.floor(random.float() * inside.length), 1);
          queue.remove(item!);
          assert.equal(item!.queueIndex, -1);
        } else {
          nowNs += BigInt(Math.floor(random.float() ** 6 * 1e13));
          const due = inside.filter((item) => item.queuedNs < nowNs).sort(byTime);
          inside = inside.filter((item) => item.queuedNs >= nowNs);
          for (const expected of due) {
            const item = queue.due(nowNs);
            assert.equal(item, expected);
            queue.remove(expected);
          }
          assert.equal(queue.due(nowNs), undefined);
        }
        const least = [...inside].sort(byTime)[0];
        if (least !== undefined) assert.ok(BigInt(queue.bound) <= least.queuedNs);
      }
    }
  });

  it("has no bound where nothing is inside and its time has passed", () => {
    const queue = new DeadlineQueue<Item>(byTime);
    const item = createItem(0, 5n);
    queue.add(item);
    queue.remove(item);
    assert.equal(queue.due(10_000_000_000n), undefined);
    assert.equal(queue.bound, Number.POSITIVE_INFINITY);
  });
});
