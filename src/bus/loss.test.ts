/** What was dropped is told in its place, to the last event. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Loss } from "./loss.ts";

function event(second: number, category: string = "file"): string {
  const time = `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
  return JSON.stringify({ "@timestamp": time, event: { category: [category] } });
}

/** `time from-to lost categories`, times in seconds. */
function describeGap(json: string | null): string | null {
  if (json === null) return null;
  const record = JSON.parse(json);
  const { from, to, lost, categories } = record.kestrel.gap;
  const second = (time: string): number => Number(time.slice(17, 19));
  const span = `${second(from)}-${second(to)}`;
  return `${second(record["@timestamp"])} ${span} ${lost} ${categories}`;
}

const noTime = (): bigint => assert.fail("the events say their own time");

test("a place is kept for the first event, and the record is as old as the oldest", () => {
  const loss = new Loss("a/bus", noTime);
  assert.deepEqual(
    [loss.add(event(5)), loss.add(event(3)), loss.add(event(9))],
    [true, false, false],
  );
  assert.equal(describeGap(loss.take()), "3 3-9 3 file");
  assert.equal(loss.take(), null);
  assert.equal(loss.add(event(4, "dns")), true);
  assert.equal(describeGap(loss.take()), "4 4-4 1 dns");
});

test("what is dropped for long is told ahead, and counted with the next record", () => {
  const loss = new Loss("a/governor", noTime, 2000);
  assert.equal(loss.add(event(1)), true);
  assert.equal(describeGap(loss.take()), "1 1-3 1 file");
  assert.deepEqual([loss.add(event(2)), loss.add(event(3))], [false, false]);
  assert.equal(loss.pending, 2);
  assert.equal(loss.add(event(4)), true);
  assert.equal(describeGap(loss.take()), "4 2-6 3 file");
  assert.equal(loss.add(event(6)), false);
  // Older than all that was told, and so not covered.
  assert.equal(loss.add(event(0)), true);
  assert.equal(describeGap(loss.take()), "0 0-8 2 file");
  assert.equal(loss.add(event(1)), false);
  // The source has ended.
  assert.equal(describeGap(loss.take()), "1 1-3 1 file");
});
