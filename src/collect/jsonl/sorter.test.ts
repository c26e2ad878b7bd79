import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { defaultLimits } from "../../base/limits.ts";
import { LineSorter } from "./sorter.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-sorter-"));
after(() => rmSync(folder, { recursive: true }));

/** Lines are `time name`, or `- name` without a time. */
function ownTime(line: string): bigint | null {
  const [time = ""] = line.split(" ");
  return time === "-" ? null : BigInt(time);
}

/** Texts in sorted order with the times they were given. */
function sort(inputs: readonly (readonly string[])[], sortBytes: number): string[] {
  const sorter = new LineSorter({ ...defaultLimits, sortBytes }, folder);
  try {
    for (const input of inputs) {
      for (const line of input) sorter.add(line, ownTime(line));
      sorter.endInput();
    }
    return [...sorter.sorted()].map((line) => {
      assert.ok(inputs[line.input]!.includes(line.text));
      return `${line.timeNs}: ${line.text}`;
    });
  } finally {
    sorter.close();
  }
}

test("lines come by time, and by arrival where the time is the same", () => {
  const inputs = [
    ["5 a", "3 b", "5 c"],
    ["3 d", "1 e"],
  ];
  assert.deepEqual(sort(inputs, 1000), ["1: 1 e", "3: 3 b", "3: 3 d", "5: 5 a", "5: 5 c"]);
});

test("a line without a time has that of the line before it in its input", () => {
  const inputs = [
    ["5 a", "- b", "2 c"],
    ["1 d", "- e"],
  ];
  assert.deepEqual(sort(inputs, 1000), ["1: 1 d", "1: - e", "2: 2 c", "5: 5 a", "5: - b"]);
});

test("lines before any time have the first time known", () => {
  assert.deepEqual(sort([["- a", "- b", "7 c", "6 d"]], 1000), [
    "6: 6 d",
    "7: - a",
    "7: - b",
    "7: 7 c",
  ]);
  assert.deepEqual(sort([["- a"], ["- b", "4 c"]], 1000), ["4: - a", "4: - b", "4: 4 c"]);
  assert.deepEqual(sort([["9 a"], ["- b"], ["3 c"]], 1000), ["3: 3 c", "9: 9 a", "9: - b"]);
  assert.deepEqual(sort([["- a"], ["- b"]], 1000), ["0: - a", "0: - b"]);
});

test("sorting on disk gives what sorting in memory gives, and leaves nothing behind", () => {
  const time = fc.oneof(fc.constant("-"), fc.bigInt({ min: -3n, max: 9n }).map(String));
  const line = fc.tuple(time, fc.string({ unit: "binary", maxLength: 5 }));
  const input = fc.array(line.map(([at, name]) => `${at} ${name.replaceAll(" ", "_")}`));
  fc.assert(
    fc.property(fc.array(input, { maxLength: 4 }), fc.nat(40), (inputs, sortBytes) => {
      assert.deepEqual(sort(inputs, sortBytes), sort(inputs, 0x100000));
    }),
    { numRuns: 100 },
  );
  assert.deepEqual(readdirSync(folder), []);
});

test("runs longer than a block, and lines longer than one, come back whole", () => {
  const lines = Array.from(
    { length: 3000 },
    (_, i) => `${(i * 7919) % 3001} ${"é".repeat(i % 97)}`,
  );
  lines.push(`5 ${"long".repeat(50_000)}`);
  assert.deepEqual(sort([lines], 40_000), sort([lines], 0x1000000));
});

test("temporary files are removed when reading stops half-way", () => {
  const sorter = new LineSorter({ ...defaultLimits, sortBytes: 0 }, folder);
  sorter.add("1 a", 1n);
  assert.equal(sorter.spilled, true);
  assert.equal(readdirSync(folder).length, 1);
  sorter.close();
  assert.deepEqual(readdirSync(folder), []);
});
