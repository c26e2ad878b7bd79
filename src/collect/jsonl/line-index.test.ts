import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { defaultLimits } from "../../base/limits.ts";
import { openLineBlocks } from "./line-blocks.ts";
import { LineIndex } from "./line-index.ts";
import { LineStore } from "./line-store.ts";
import { mergeRuns } from "./merge-runs.ts";
import { LineSorter } from "./sorter.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-index-"));
after(() => rmSync(folder, { recursive: true }));

test("runs are merged to a stable order", () => {
  const numbers = fc.array(fc.nat(9), { maxLength: 60 });
  fc.assert(
    fc.property(numbers, (keys) => {
      const wanted = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
      assert.deepEqual([...mergeRuns(keys.length, (a, b) => keys[a]! > keys[b]!)], wanted);
    }),
  );
});

test("lines come in the order in which a sorter of texts gives them", () => {
  const time = fc.option(fc.bigInt({ min: -3n, max: 3n }), { nil: null });
  const inputs = fc.array(fc.array(time, { maxLength: 12 }), { maxLength: 4 });
  fc.assert(
    fc.property(inputs, (all) => {
      const index = new LineIndex();
      const sorter = new LineSorter(defaultLimits);
      let line = 0;
      for (const times of all) {
        for (const timeNs of times) {
          index.add(timeNs, line, 1);
          sorter.add(String(line), timeNs);
          line += 1;
        }
        index.endInput();
        sorter.endInput();
      }
      const order = [...index.inOrder()];
      const sorted = [...sorter.sorted()];
      assert.deepEqual(
        order.map(String),
        sorted.map(({ text }) => text),
      );
      assert.deepEqual(
        order.map((number) => index.timeNs(number)),
        sorted.map(({ timeNs }) => timeNs),
      );
    }),
  );
});

test("lines are fetched from files and from packed ones alike", async () => {
  const lines = Array.from({ length: 5000 }, (_unused, i) => `${i}${"x".repeat((i * 37) % 900)}`);
  const plain = join(folder, "plain");
  const packed = join(folder, "packed");
  writeFileSync(plain, lines.join("\r\n"));
  writeFileSync(packed, gzipSync(`\ufeff${lines.join("\n\n")}\n`));
  const index = new LineIndex();
  const store = new LineStore(folder);
  try {
    for (const path of [plain, packed]) {
      store.openInput(path);
      for await (const block of openLineBlocks(path, defaultLimits)) {
        const shift = store.keep(block);
        for (let i = 0; i < block.count; i += 1) {
          const start = block.starts[i]!;
          // Backwards within each ten.
          const number = index.count;
          index.add(BigInt(number - 2 * (number % 10)), start + shift, block.ends[i]! - start);
        }
      }
      index.endInput();
    }
    const order = index.inOrder();
    for (let first = 0; first < order.length; first += 999) {
      const last = Math.min(order.length, first + 999);
      const { bytes, starts } = store.fetch(index, order, first, last);
      for (let i = first; i < last; i += 1) {
        const start = starts[i - first]!;
        const text = Buffer.from(bytes.subarray(start, start + index.length(order[i]!))).toString();
        assert.equal(text, lines[order[i]! % lines.length]);
      }
    }
  } finally {
    store.close();
  }
});
