import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { Batch } from "./batch.ts";
import { EventDecoder } from "./decode.ts";
import { createLayout } from "./layout.ts";
import { damage, oddLines, recordedLines, richSchema } from "./lines.fuzz.ts";
import { rowContents } from "./row-contents.fixture.ts";
import { EventScanner } from "./scanner.ts";
import { StringTable } from "./string-table.ts";

/**
 * One reader of lines beside another, on batches of the same layout. Lines lie one after the other in
 * one buffer, as in a file, so that what is remembered of lines before is put to use.
 */
class Pair {
  readonly scanner: EventScanner;
  readonly #decoder: EventDecoder;
  readonly #scanned: Batch;
  readonly #decoded: Batch;
  readonly #buffer: Uint8Array = new Uint8Array(1 << 22);
  #bufferEnd: number = 0;
  #previousNs: bigint = 0n;

  constructor(limits: Limits = defaultLimits) {
    const layout = createLayout(
      richSchema,
      richSchema.fields.map(({ id }) => id),
      limits,
    );
    this.scanner = new EventScanner({ schema: richSchema, layout, limits });
    this.#decoder = new EventDecoder({ schema: richSchema, layout, limits });
    const none = { json: () => "" };
    this.#scanned = new Batch(layout, new StringTable(1 << 24), none);
    this.#decoded = new Batch(layout, new StringTable(1 << 24), none);
    this.#reset();
  }

  /** Reads a line both ways and compares all that comes of it. */
  check(line: Uint8Array): "appended" | "rejected" {
    const result = this.#scan(line);
    const record = this.#decoder.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(line));
    const shown = JSON.stringify(Buffer.from(line).toString());
    if (record.kind === "rejected") {
      assert.equal(result, "rejected", shown);
      assert.equal(this.scanner.rejection?.code, record.code, shown);
      return "rejected";
    }
    assert.equal(result, "appended", shown);
    const own = record.timeNs;
    const timeNs = own === null || own < this.#previousNs ? this.#previousNs : own;
    assert.equal(this.#decoder.append(this.#decoded, record, timeNs), true);
    const row = this.#decoded.count - 1;
    assert.equal(this.scanner.timeNs, own, shown);
    assert.deepEqual(
      rowContents(this.#scanned, richSchema, row),
      rowContents(this.#decoded, richSchema, row),
      shown,
    );
    assert.equal(this.#scanned.times[row], this.#decoded.times[row], shown);
    assert.equal(this.#scanned.kinds[row], this.#decoded.kinds[row], shown);
    assert.equal(this.#scanned.evidence.json(row), this.#decoded.evidence.json(row), shown);
    const { mistyped, cutLists, rejected } = this.scanner.counters;
    assert.deepEqual({ mistyped, cutLists, rejected }, { ...this.#decoder.counters }, shown);
    this.#previousNs = timeNs;
    return "appended";
  }

  #scan(line: Uint8Array): string {
    if (this.#bufferEnd + line.length + 1 > this.#buffer.length) this.#reset();
    const start = this.#bufferEnd;
    const end = start + line.length;
    this.#buffer.set(line, start);
    // Some lines are followed by what could belong to them.
    this.#buffer[end] = start % 7 === 0 ? 0x22 : 0x0a;
    this.#bufferEnd = end + 1;
    const result = this.scanner.append(this.#scanned, this.#buffer, start, end, this.#previousNs);
    if (result !== "full") return result;
    this.#reset();
    return this.#scan(line);
  }

  #reset(): void {
    this.scanner.reset(this.#scanned);
    this.#decoder.reset(this.#decoded);
    this.#bufferEnd = 0;
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test("odd lines come to the same by both readers", () => {
  const pair = new Pair();
  for (const line of oddLines) pair.check(bytesOf(line));
});

test("broken UTF-8 is read as U+FFFD by both", () => {
  const pair = new Pair();
  const line = bytesOf('{"process":{"name":"a?b","title":"x"},"y?":"?"}');
  for (let i = 0; i < line.length; i += 1) {
    for (const byte of [0x80, 0xc3, 0xe2, 0xff])
      pair.check(Uint8Array.from(line).fill(byte, i, i + 1));
  }
});

test("every truncation of a line comes to the same by both", () => {
  const pair = new Pair();
  const line = bytesOf(
    '{"@timestamp":"2026-01-02T03:04:05Z","process":{"args":["a\\u00e9","b"],"pid":-12.5e1},"x":[tru' +
      "e,null]}",
  );
  for (let end = 0; end <= line.length; end += 1) pair.check(line.slice(0, end));
});

test("recorded lines come to the same by both, nearly all without falling back", () => {
  const pair = new Pair();
  const all = recordedLines();
  const sample = all.filter((_line, index) => index % Math.ceil(all.length / 3000) === 0);
  for (const line of sample) pair.check(bytesOf(line));
  const { fallbacks } = pair.scanner.counters;
  assert.ok(fallbacks * 20 <= sample.length, `${fallbacks} of ${sample.length} lines fell back`);
});

test("damaged lines come to the same by both", () => {
  const pair = new Pair();
  const random = new Prng(Number(process.env["SEED"] ?? 7));
  const all = recordedLines();
  const count = Number(process.env["MUTANTS"] ?? 4000);
  let rejected = 0;
  let base = "";
  for (let i = 0; i < count; i += 1) {
    if (i % 8 === 0) base = random.pick(all);
    const line = bytesOf(base);
    if (i % 8 === 0) pair.check(line);
    damage(line, random);
    if (pair.check(line) === "rejected") rejected += 1;
  }
  assert.ok(rejected > count / 10, "hardly any line was damaged");
});

test("a batch that is full takes no more, and nothing of the line is left behind", () => {
  const limits = { ...defaultLimits, batchEvents: 32, batchListCells: 64 };
  const pair = new Pair(limits);
  for (let i = 0; i < 200; i += 1) {
    const args = Array.from({ length: i % 9 }, (_unused, k) => `"arg${i}-${k}"`).join(",");
    pair.check(bytesOf(`{"process":{"name":"n${i}","args":[${args}]}}`));
  }
});
