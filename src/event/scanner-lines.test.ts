/** Blocks of lines through the scanner come to what the plain decoder makes of line after line. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { Batch } from "./batch.ts";
import { type DecoderOptions, EventDecoder } from "./decode.ts";
import { createLayout } from "./layout.ts";
import type { LineRanges } from "./line-kernel.ts";
import { damage, oddLines, recordedLines, richSchema } from "./lines.fuzz.ts";
import { rowContents } from "./row-contents.fixture.ts";
import { EventScanner, type LineOrder, noteTime, startOrder } from "./scanner.ts";
import { StringTable } from "./string-table.ts";

function rangesOf(lines: readonly Uint8Array[]): LineRanges {
  const starts = new Int32Array(lines.length);
  const ends = new Int32Array(lines.length);
  let at = 0;
  for (const [i, { length }] of lines.entries()) {
    starts[i] = at;
    ends[i] = at + length;
    at += length + 1;
  }
  const bytes = new Uint8Array(at).fill(0x0a);
  for (const [i, line] of lines.entries()) bytes.set(line, starts[i]);
  return { bytes, starts, ends, count: lines.length };
}

class BlockPair {
  readonly scanner: EventScanner;
  readonly #decoder: EventDecoder;
  readonly #scanned: Batch;
  readonly #decoded: Batch;
  readonly #random: Prng;
  /** What the scanner said of the order, and what the decoder's times say. */
  readonly #order: LineOrder = startOrder();
  readonly #expected: LineOrder = startOrder();

  constructor(limits: Limits, random: Prng, more: Partial<DecoderOptions> = {}, tableBytes = 4096) {
    const layout = createLayout(
      richSchema,
      richSchema.fields.map(({ id }) => id),
      limits,
    );
    this.#random = random;
    this.scanner = new EventScanner({ schema: richSchema, layout, limits, ...more });
    this.#decoder = new EventDecoder({ schema: richSchema, layout, limits, ...more });
    const none = { json: () => "" };
    this.#scanned = new Batch(layout, new StringTable(tableBytes), none);
    this.#decoded = new Batch(layout, new StringTable(tableBytes), none);
    this.#reset();
  }

  /** Reads all lines both ways, in batches of random size. */
  check(lines: readonly Uint8Array[]): void {
    const ranges = rangesOf(lines);
    for (let at = 0; at < lines.length; ) {
      const most = 1 + this.#random.int(60);
      const before = this.#scanned.count;
      const taken = this.scanner.appendLines(this.#scanned, ranges, at, most, this.#order);
      assert.ok(taken.count <= most);
      assert.equal(this.#scanned.count, before + taken.count);
      for (let i = 0; i < taken.count; i += 1) this.#checkRow(lines[at + i]!, before + i);
      assert.deepEqual(this.#order, this.#expected);
      at += taken.count;
      if (taken.next === "rejected") this.#checkRejection(lines[at]!);
      if (taken.next === "rejected") at += 1;
      else if (taken.count < most || this.#random.int(8) === 0) this.#reset();
      if (taken.next === "appended") assert.equal(at, lines.length);
    }
    const { mistyped, cutLists, rejected } = this.scanner.counters;
    assert.deepEqual({ mistyped, cutLists, rejected }, { ...this.#decoder.counters });
    const { strings } = this.#scanned;
    assert.ok(strings instanceof StringTable);
    for (let id = 1; id <= strings.size; id += 1)
      assert.equal(strings.intern(strings.text(id)), id);
  }

  #checkRow(line: Uint8Array, row: number): void {
    const shown = JSON.stringify(Buffer.from(line).toString());
    const record = this.#decoder.parse(textOf(line));
    assert.notEqual(record.kind, "rejected", shown);
    if (record.kind === "rejected") return;
    const previousNs = this.#expected.newestNs ?? 0n;
    const own = record.timeNs;
    const timeNs = own === null || own < previousNs ? previousNs : own;
    assert.equal(this.#decoder.append(this.#decoded, record, timeNs), true);
    noteTime(this.#expected, own);
    assert.equal(this.#decoded.count, row + 1);
    for (const batch of [this.#scanned, this.#decoded]) {
      assert.equal(batch.times[row], timeNs, shown);
      assert.equal(batch.kinds[row], this.#decoded.kinds[row], shown);
      assert.equal(batch.evidence.json(row), record.json, shown);
    }
    const expected = rowContents(this.#decoded, richSchema, row);
    assert.deepEqual(rowContents(this.#scanned, richSchema, row), expected, shown);
  }

  #checkRejection(line: Uint8Array): void {
    const record = this.#decoder.parse(textOf(line));
    assert.equal(record.kind, "rejected", JSON.stringify(textOf(line)));
    if (record.kind === "rejected") assert.equal(this.scanner.rejection?.code, record.code);
  }

  #reset(): void {
    this.scanner.reset(this.#scanned);
    this.#decoder.reset(this.#decoded);
    this.#scanned.strings.trim();
    this.#decoded.strings.trim();
  }
}

function textOf(line: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(line);
}

const seed = Number(process.env["SEED"] ?? 11);
const limits: Limits = { ...defaultLimits, batchEvents: 128, batchListCells: 512 };

function pairOf(more: Partial<DecoderOptions> = {}): BlockPair {
  return new BlockPair(limits, new Prng(seed), more);
}

function check(lines: readonly string[], pair: BlockPair = pairOf()): BlockPair {
  pair.check(lines.map((line) => Buffer.from(line)));
  return pair;
}

test("odd lines among one another come to the same by both readers", () => {
  const random = new Prng(seed);
  check(Array.from({ length: 2000 }, () => random.pick(oddLines)));
});

test("recorded lines, some of them damaged, come to the same by both", () => {
  const random = new Prng(seed);
  const all = recordedLines();
  const count = Number(process.env["MUTANTS"] ?? 3000);
  const lines: Uint8Array[] = [];
  for (let i = 0; i < count; i += 1) {
    if (lines.length === 0 || random.int(4) > 0) lines.push(Buffer.from(random.pick(all)));
    else lines.push(Uint8Array.from(lines.at(-1)!));
    if (random.int(6) === 0) damage(lines.at(-1)!, random);
  }
  pairOf().check(lines);
});

test("with another timestamp every line is left to the decoder", () => {
  const pair = check(
    ['{"time":3,"process":{"pid":1}}', "{}", '{"time":2}', "[]", '{"time":4}'],
    pairOf({ timestampField: "time", timestampUnit: "s" }),
  );
  assert.equal(pair.scanner.counters.fallbacks, 4);
});

test("an object that is the last one's again and a dotted key into it are merged as ever", () => {
  const whole = '{"process":{"name":"a","parent":{"pid":1,"name":"b"}},"user":{"name":"u"}}';
  const dotted = '{"process":{"name":"a","parent":{"pid":1,"name":"b"}},"process.parent.pid":2}';
  const inner = '{"process":{"name":"a","parent":{"pid":1,"name":"b"},"parent.pid":2}}';
  check([whole, whole, dotted, whole, inner, whole, dotted, dotted, whole]);
  const early = '{"process.parent.pid":2,"process":{"name":"a","parent":{"pid":1,"name":"b"}}}';
  check([whole, whole, early, early, whole]);
});

test("a value that is nested too deeply is told at every depth that it comes in", () => {
  const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const wrap = (depth: number): string =>
    `{"process":${'{"parent":'.repeat(depth)}{"x":${nested(250)}}${"}".repeat(depth + 1)}`;
  check([1, 2, 3, 4, 5, 6, 4, 6, 2].map(wrap));
  const flat = `{"process.parent":{"x":${nested(254)}}}`;
  const deep = `{"process":{"parent":{"x":${nested(254)}}}}`;
  const { rejected } = check([flat, flat, deep, flat]).scanner.counters;
  assert.equal(rejected, 1);
});

test("sequences of bytes that are no UTF-8 are told from those that are", () => {
  const firsts = [
    ...[0x7f, 0x80, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed],
    ...[0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
  ];
  const seconds = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  const rests = [[], [0x80], [0xbf, 0xbf], [0x80, 0x41], [0xbf, 0xc0]];
  const lines: Uint8Array[] = [];
  for (const first of firsts) {
    for (const second of seconds) {
      for (const rest of rests) {
        const bytes = Buffer.from([first, second, ...rest]);
        lines.push(
          Buffer.concat([Buffer.from('{"process":{"name":"a'), bytes, Buffer.from('"}}')]),
        );
      }
    }
  }
  new BlockPair(limits, new Prng(seed), {}, 1 << 20).check(lines);
});

test("a number that begins like the last one is another one, and read without falling back", () => {
  const lines = [12, 12, 123, 12, 1, 1, 10].map((pid) => `{"process":{"pid":${pid}}}`);
  assert.equal(check(lines).scanner.counters.fallbacks, 0);
});

test("texts are one text, however they are written", () => {
  const written = [
    "é",
    "\\u00e9",
    "\\u00E9",
    "😀",
    "\\ud83d\\ude00",
    "\\ufeffa",
    "\ufeffa",
    "a\\u0000",
  ];
  const lone = ["\\ud800", "\\udc00x", "\\ud800\\ud800", "\\ud800\\u0041"];
  const lines = [...written, ...lone, ...written].flatMap((text) => [
    `{"process":{"name":"${text}","args":["${text}","x","${text}"]},"event":{"action":"${text}y"}}`,
  ]);
  const pair = check(lines);
  assert.equal(pair.scanner.counters.fallbacks, lone.length);
});

test("more keys than are remembered, and keys of any length, are read all the same", () => {
  const lines = Array.from({ length: 300 }, (_unused, i) => {
    const keys = Array.from({ length: 40 }, (_none, k) => `"k${i}-${k}":{"a":[${k}]}`).join(",");
    return `{${keys},"process":{"name":"n${i}","${"long".repeat(i)}":1,"pid":${i}}}`;
  });
  const { fallbacks } = check(lines).scanner.counters;
  assert.equal(fallbacks, 0);
});

test("a key that is not remembered says nothing of the keys after it, in other objects either", () => {
  const many = Array.from({ length: 9000 }, (_unused, i) => `"k${i}":1`).join(",");
  const name = '"name":"b"';
  const { fallbacks } = check([
    `{"process":{"parent":{${name}}},${name}}`,
    `{${many}}`,
    `{"process.parent":{"new":1,${name}},${name}}`,
    `{"process.parent":{"new":1,${name}},${name}}`,
  ]).scanner.counters;
  assert.equal(fallbacks, 0);
});

test("lines longer than what is brought in at once, and rows too large for the tape, are read", () => {
  const value = "v".repeat(70_000);
  const numbers = (count: number): string => "1,".repeat(count - 1).concat("1");
  const lines = [
    `{"process":{"name":"${value}"}}`,
    '{"process":{"name":"short"}}',
    `{"x":"${value}${value}","process":{"name":"\\n${value}"}}`,
    `{"process":{"pid":[${numbers(31_000)}]}}`,
    ...Array.from({ length: 1000 }, () => "{}"),
    `{"process":{"pid":[${numbers(70_000)}]}}`,
    `{"process":{"args":[${numbers(100_000)}]}}`,
  ];
  const large = { ...defaultLimits, listValues: 1 << 20, batchListCells: 1 << 20 };
  const { fallbacks } = check(lines, new BlockPair(large, new Prng(seed))).scanner.counters;
  assert.equal(fallbacks, 1);
});

test("lists of numbers, dates and addresses are stored as the decoder stores them", () => {
  check([
    '{"process":{"pid":[1,2,3]},"a":{"score":[1,-2],"when":["2026-01-02T00:00:00Z",5]}}',
    '{"process":{"pid":[999999999999999,-999999999999999]},"a":{"score":[999999999999999]}}',
    '{"process":{"pid":[9999999999999999]}}',
    '{"a":{"when":["2024-02-29T12:00:00Z","2026-01-02T03:04:05.5+01:00","2026-01-02"]}}',
    '{"a":{"when":9223372036854}}',
    '{"a":{"when":9223372036855}}',
    '{"a":{"when":-9223372036855}}',
    '{"a":{"when":"1969-12-31T23:59:59Z"}}',
    '{"a":{"when":"2026-13-02T00:00:00Z"}}',
    '{"a":{"when":"2026-01-02T24:00:00Z"}}',
    '{"a":{"when":"2026-01-02T00:00:00.Z"}}',
    '{"host":{"ip":["1.2.3.4","01.2.3.4","1.2.3.256","1.2.3","1.2.3.4.5","::1","0:0::1"]}}',
    '{"host":{"ip":["1.2.3.4","é"]}}',
    '{"host":{"ip":["fe80::1%eth0","::ffff:1.2.3.4","1.2.3.4 "]}}',
  ]);
});

test("addresses are told anew when the table was emptied", () => {
  const texts = Array.from({ length: 400 }, (_unused, i) =>
    i % 3 === 0 ? `no address ${i}` : `0:0::${(i % 50).toString(16)}`,
  );
  check(
    texts.map((text) => `{"source":{"ip":"${text}"}}`),
    new BlockPair(limits, new Prng(seed), {}, 0),
  );
});
