import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { builtInSchema } from "../schema/field-table.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldDefinition, FieldType } from "../schema/type.ts";
import { Batch } from "./batch.ts";
import { EventDecoder } from "./decode.ts";
import { createLayout } from "./layout.ts";
import { rowContents } from "./row-contents.fixture.ts";
import { EventScanner } from "./scanner.ts";
import { StringTable } from "./string-table.ts";

function field(path: string, type: FieldType): FieldDefinition {
  return { path, type, multiple: false, categories: [], description: "", origin: "extension" };
}

const schema: Schema = builtInSchema().extend([
  field("a.version", "version"),
  field("a.flag", "boolean"),
  field("a.score", "double"),
  field("a.when", "date"),
  { ...field("a.null", "keyword"), nullValue: "NULL" },
]);

/**
 * One reader of lines beside another, on batches of the same layout. Lines lie one after the other in
 * one buffer, as in a file, so that what is remembered of lines before is put to use.
 */
class Pair {
  readonly scanner: EventScanner;
  readonly #decoder: EventDecoder;
  readonly #scanned: Batch;
  readonly #decoded: Batch;
  readonly #schema: Schema;
  readonly #buffer: Uint8Array = new Uint8Array(1 << 22);
  #bufferEnd: number = 0;
  #previousNs: bigint = 0n;

  constructor(limits: Limits = defaultLimits) {
    const layout = createLayout(
      schema,
      schema.fields.map(({ id }) => id),
      limits,
    );
    this.#schema = schema;
    this.scanner = new EventScanner({ schema, layout, limits });
    this.#decoder = new EventDecoder({ schema, layout, limits });
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
      rowContents(this.#scanned, this.#schema, row),
      rowContents(this.#decoded, this.#schema, row),
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

const oddLines: readonly string[] = [
  "",
  " ",
  "{}",
  " { } ",
  "[]",
  "1",
  '"a"',
  "{",
  "}",
  '{"process":{"name":"a"}}',
  '{"process":{"name":"a","name":"b"}}',
  '{"process":{"name":"a"},"process":{"pid":1}}',
  '{"process.name":"a","process":{"name":"b"}}',
  '{"process.name":"a","process.pid":1,"process":{"executable":"x"}}',
  '{"process":{"parent.name":"a","parent":{"pid":2}}}',
  '{"process..name":"a"}',
  '{".process.name":"a"}',
  '{"process.":"a"}',
  '{"process":{"args":["a","b","a"]}}',
  '{"process":{"args":["a"]}}',
  '{"process":{"args":[]}}',
  '{"process":{"args":[null]}}',
  '{"process":{"args":["a",null,["b"]]}}',
  '{"process":{"args":["a",{"x":1}]}}',
  '{"process":[{"name":"a"},{"name":"b"}]}',
  '{"process":{"pid":1.5}}',
  '{"process":{"pid":-0}}',
  '{"process":{"pid":9007199254740993}}',
  '{"process":{"pid":99999999999999999999}}',
  '{"process":{"pid":"12"}}',
  '{"process":{"pid":"x"}}',
  '{"process":{"pid":01}}',
  '{"process":{"pid":1.}}',
  '{"process":{"pid":1e2}}',
  '{"process":{"pid":-}}',
  '{"process":{"pid":true}}',
  '{"process":{"pid":{"a":1}}}',
  '{"process":{"name":5,"executable":true,"title":1.50}}',
  '{"process":{"name":"\\u00e9\\n\\ud83d\\ude00"}}',
  '{"process":{"name":"\\ud800"}}',
  '{"process":{"name":"\\x"}}',
  '{"process":{"name":"\\u12g4"}}',
  '{"process":{"name":"é😀"}}',
  '{"process":{"n\\u0061me":"a"}}',
  '{"process":{"name":"a\tb"}}',
  '{"process":{"name":"a"}} x',
  '{"process":{"name":"a"},}',
  '{"process":{"name":"a" "pid":1}}',
  '{"a":{"flag":true,"score":1.25,"version":"1.2.3","when":"2026-01-02"}}',
  '{"a":{"flag":"true","score":"7","when":5}}',
  '{"a":{"null":null}}',
  '{"a":{"null":[null,"x"]}}',
  '{"source":{"ip":"::FFFF:10.0.0.1"},"destination":{"ip":"nowhere"}}',
  '{"host":{"ip":["10.0.0.1","x","::1"]}}',
  '{"@timestamp":"2026-01-02T03:04:05.678901234Z"}',
  '{"@timestamp":1767323045678}',
  '{"@timestamp":"1767323045678"}',
  '{"@timestamp":["2026-01-02T03:04:05Z"]}',
  '{"@timestamp":["2026-01-02T03:04:05Z","2027-01-02T03:04:05Z"]}',
  '{"@timestamp":"never"}',
  '{"@timestamp":null}',
  '{"@timestamp":{"a":1}}',
  '{"@timestamp":true}',
  '{"@timestamp":"2026-01-02T03:04:05Z","kestrel":{"record":"heartbeat"}}',
  '{"kestrel":{"record":"gap","gap":{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:01Z"}}}',
  '{"kestrel":{"record":"gap"}}',
  '{"kestrel.record":"heartbeat"}',
  '{"dns":{"answers":[{"name":"a","ttl":1},{"name":"b"}]}}',
  '{"dns":{"answers":{"name":"a"}}}',
  '{"dns.answers.name":"a"}',
  '{"dns":{"answers":null}}',
  '{"x":[1,"a",{"b":[]},null,true,false,-1.5e+3]}',
  '{"x":nul}',
  '{"x":[1,]}',
  '{"x":{"y":{"process":{"name":"deep"}}}}',
  `{"x":${"[".repeat(255)}${"]".repeat(255)}}`,
  `{"x":${"[".repeat(256)}${"]".repeat(256)}}`,
  "\ufeff{}",
  '{"__proto__":{"name":1},"constructor":2,"process":{"__proto__":"x"}}',
];

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

const corpus = join(process.cwd(), "..", "shared", "corpus", "events");

function lines(): string[] {
  const own = readFileSync("examples/attack.jsonl", "utf8").trimEnd().split("\n");
  if (!existsSync(corpus)) return own;
  return readdirSync(corpus)
    .filter((name) => name.endsWith(".gz"))
    .flatMap((name) =>
      gunzipSync(readFileSync(join(corpus, name)))
        .toString()
        .trimEnd()
        .split("\n"),
    );
}

test("recorded lines come to the same by both, nearly all without falling back", () => {
  const pair = new Pair();
  const all = lines();
  const sample = all.filter((_line, index) => index % Math.ceil(all.length / 3000) === 0);
  for (const line of sample) pair.check(bytesOf(line));
  const { fallbacks } = pair.scanner.counters;
  assert.ok(fallbacks * 20 <= sample.length, `${fallbacks} of ${sample.length} lines fell back`);
});

test("damaged lines come to the same by both", () => {
  const pair = new Pair();
  const random = new Prng(Number(process.env["SEED"] ?? 7));
  const all = lines();
  const count = Number(process.env["MUTANTS"] ?? 4000);
  let rejected = 0;
  let base = "";
  for (let i = 0; i < count; i += 1) {
    if (i % 8 === 0) base = random.pick(all);
    const line = bytesOf(base);
    if (i % 8 === 0) pair.check(line);
    for (let changes = 1 + random.int(3); changes > 0; changes -= 1) {
      const at = random.int(line.length);
      if (random.int(3) === 0) line.copyWithin(at, random.int(line.length), at + random.int(20));
      else
        line[at] = random.pick([...bytesOf('"\\{}[],:0123456789eE.-+ntfu\n\t '), random.int(256)]);
    }
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
