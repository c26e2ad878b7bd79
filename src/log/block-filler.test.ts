import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { Batch } from "../event/batch.ts";
import { type DecodedRecord, EventDecoder } from "../event/decode.ts";
import { createLayout } from "../event/layout.ts";
import { rowContents } from "../event/row-contents.fixture.ts";
import { StringTable } from "../event/string-table.ts";
import { builtInSchema } from "../schema/field-table.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldDefinition, FieldType } from "../schema/type.ts";
import { Block } from "./block.ts";
import { BlockBuilder } from "./block-builder.ts";
import { BlockFiller } from "./block-filler.ts";
import { recordOf } from "./log.fixture.ts";

function field(path: string, type: FieldType): FieldDefinition {
  return { path, type, multiple: false, categories: [], description: "", origin: "extension" };
}

const schema: Schema = builtInSchema().extend([
  field("a", "keyword"),
  field("a.long", "long"),
  field("a.text", "keyword"),
  field("a.version", "version"),
  field("a.flag", "boolean"),
  field("a.score", "double"),
  field("a.when", "date"),
  field("a.ip", "ip"),
  { ...field("a.day", "date"), dateFormats: ["dd-MM-yyyy", "epoch_millis"] },
  { ...field("a.null", "keyword"), nullValue: "NULL" },
  field("a.list", "object-list"),
  field("a.list.x", "long"),
]);

const layoutFields = schema.fields.map(({ id }) => id);

/**
 * Lines through a block and through the plain decoder, in batches of the same size, compared row by row.
 * Returns how many records there were.
 */
function compare(lines: readonly string[], limits: Limits = defaultLimits): number {
  const layout = createLayout(schema, layoutFields, limits);
  const none = { json: (): string => "" };
  const decoder = new EventDecoder({ schema, layout, limits });
  const records: [DecodedRecord, bigint][] = [];
  let newestNs = 0n;
  for (const line of lines) {
    const record = decoder.parse(line);
    if (record.kind === "rejected") continue;
    if (record.timeNs !== null && record.timeNs > newestNs) newestNs = record.timeNs;
    records.push([record, newestNs]);
  }
  const builder = new BlockBuilder(limits);
  for (const [record, timeNs] of records) builder.add(record, timeNs);
  const block = new Block(builder.build().payload);
  const filled = new Batch(layout, new StringTable(limits.stringTableBytes), none);
  const decoded = new Batch(layout, new StringTable(limits.stringTableBytes), none);
  const textDecoder = new EventDecoder({ schema, layout, limits });
  const filler = new BlockFiller({
    decoder: textDecoder,
    batch: filled,
    limits,
    onReject: ({ message }, text) => assert.fail(`${message}: ${text}`),
  });
  const plain = new EventDecoder({ schema, layout, limits });
  filler.begin(block);
  for (let row = 0; row < block.count; ) {
    textDecoder.reset(filled);
    plain.reset(decoded);
    const count = filler.fill(row, block.count);
    assert.ok(count > 0, `row ${row} fits no batch`);
    for (let i = 0; i < count; i += 1) {
      const [record, timeNs] = records[row + i]!;
      // Equal lists share cells in a block's batch, so the plain one may be full earlier.
      if (plain.append(decoded, record, timeNs)) continue;
      compareRows(
        filled,
        decoded,
        records.slice(row + i - decoded.count, row + i),
        i - decoded.count,
      );
      plain.reset(decoded);
      assert.equal(plain.append(decoded, record, timeNs), true);
    }
    assert.equal(filled.count, count);
    const rest = records.slice(row + count - decoded.count, row + count);
    compareRows(filled, decoded, rest, count - decoded.count);
    filled.strings.trim();
    row += count;
  }
  return records.length;
}

/** Compares all rows of the plain batch with those of the other from `first` on. */
function compareRows(
  filled: Batch,
  decoded: Batch,
  records: readonly (readonly [DecodedRecord, bigint])[],
  first: number,
): void {
  for (const [i, [{ json }]] of records.entries()) {
    const row = first + i;
    assert.deepEqual(rowContents(filled, schema, row), rowContents(decoded, schema, i), json);
    assert.equal(filled.kinds[row], decoded.kinds[i], json);
    assert.equal(filled.times[row], decoded.times[i], json);
    assert.deepEqual(filled.gaps.get(row), decoded.gaps.get(i), json);
    assert.equal(filled.evidence.json(row), json);
  }
}

const odd: readonly string[] = [
  "{}",
  '{"a":1}',
  '{"a":{"long":1,"text":"x"},"a.text":"y"}',
  '{"a.text":"y","a":{"text":["x","z",null,{"deep":1}],"long":[]}}',
  '{"a":[{"long":1},{"long":2,"text":"t"},[{"long":3}]]}',
  '{"a":{"long":-0,"score":-0,"text":-0}}',
  '{"a":{"long":[0,-0,0],"score":[0,-0,0,-0],"text":[0,-0,0]}}',
  '{"a":{"long":9007199254740993,"score":1e400,"text":1e400}}',
  '{"a":{"long":"12","score":"1.5","flag":"true","when":"5","version":"1.2.3"}}',
  '{"a":{"long":1.9,"score":1.9,"flag":true,"when":1.9,"version":1.9,"text":1.9}}',
  '{"a":{"long":true,"score":true,"flag":1,"when":true,"version":true,"text":true}}',
  '{"a":{"null":null,"text":null,"list":null}}',
  '{"a":{"null":[null,"x",null],"ip":["::ffff:1.2.3.4","no","1.2.3.4"]}}',
  '{"a":{"day":["01-02-2020","2020-01-02T03:04:05Z","1577934245000",5]}}',
  '{"a":{"when":["2020-01-02T03:04:05.120Z","2020-01-02T03:04:05.12Z","2020-02-30T00:00:00Z"]}}',
  '{"a":{"when":"2020-01-02T03:04:05+02:00","text":"2020-01-02T03:04:05.120Z"}}',
  '{"a":{"text":["2020-01-02T03:04:05Z","1969-12-31T23:59:59Z","2199-12-31T23:59:59.999999999Z"]}}',
  '{"a":{"list":[{"x":1},{"x":[2,3]}],"list.x":4}}',
  '{"a":{"list":{"x":1}}}',
  '{"a":{"list":{}}}',
  '{"a":{"list":[{},{}]}}',
  '{"a":{"list":5}}',
  '{"a.list.x":7}',
  '{"a":{"text":"\\ud800","long":1},"b":"\\u0000"}',
  '{"a":{"text":"é","text":"ü"}}',
  '{"a":{"text":"","version":""},"":{"":1},"..":{".":2}}',
  '{"__proto__":{"long":1},"a":{"__proto__":5,"constructor":1}}',
  '{"a":{"text":{}},"process":{}}',
  '{"kestrel":{"record":"heartbeat"},"@timestamp":"2026-01-01T00:00:00Z"}',
  '{"kestrel":{"record":"gap","gap":{"lost":3}},"@timestamp":"2026-01-01T00:00:01Z"}',
  '{"kestrel.record":"other","@timestamp":"2026-01-01T00:00:02Z"}',
  '{"@timestamp":["2026-01-01T00:00:02Z"],"event":{"category":["a","b"]}}',
];

test("odd events are read as the plain decoder reads them", () => {
  assert.equal(compare(odd), odd.length);
  for (const line of odd) compare([line]);
  for (const line of odd) compare([line, line, line]);
});

test("mutants of odd events and of the example are read likewise", () => {
  const random = new Prng(5);
  const example = readFileSync("examples/attack.jsonl", "utf8").trimEnd().split("\n");
  const pieces = ['"a"', '"a.b"', "null", "[]", "{}", '{"x":1}', "1e3", '"é"', "[1,[2]]", '""'];
  const mutants = Array.from({ length: 3000 }, () => {
    const line = random.pick(random.int(2) === 0 ? odd : example);
    const at = random.int(line.length);
    const length = random.int(4);
    return `${line.slice(0, at)}${random.pick(pieces)}${line.slice(at + length)}`;
  });
  assert.ok(compare([...mutants, ...odd]) > 100);
});

test("lists over the limit, and lists that fill a batch, are cut as the plain decoder cuts them", () => {
  const numbers = Array.from({ length: 40 }, (_unused, i) => i);
  const lines = [
    JSON.stringify({ a: { long: numbers, text: numbers } }),
    JSON.stringify({
      a: { long: numbers.slice(0, 9), text: numbers.slice(0, 9), ip: ["1.1.1.1"] },
    }),
    JSON.stringify({ a: { text: ["x", "y"] } }),
  ];
  compare(lines, { ...defaultLimits, listValues: 20 });
  compare(lines, { ...defaultLimits, batchListCells: 32 });
  compare([...lines, ...lines].reverse(), { ...defaultLimits, batchListCells: 64, listValues: 20 });
});

test("events with more values or columns than a block takes are read from their text", () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_unused, i) => [`k${i}`, i]));
  const lines = [...odd, JSON.stringify({ ...many, a: { long: 1 } }), ...odd];
  const whole = { ...defaultLimits, logEventValues: 250 };
  for (const limits of [whole, { ...whole, logColumns: 40 }]) {
    assert.equal(compare(lines, limits), lines.length);
    const builder = new BlockBuilder(limits);
    for (const line of lines) builder.add(recordOf(line)[0], 0n);
    assert.notEqual(new Block(builder.build().payload).unusual, null);
  }
});

const corpus = join(process.cwd(), "..", "shared", "corpus", "events");
const reason = existsSync(corpus) ? false : "the corpus is not beside the repository";

test("recordings are read likewise", { skip: reason }, () => {
  const names = readdirSync(corpus).filter((name) => name.endsWith(".gz"));
  for (const name of names) {
    const lines = gunzipSync(readFileSync(join(corpus, name)))
      .toString()
      .trimEnd()
      .split("\n");
    assert.ok(compare(lines.slice(0, 800)) > 0, name);
  }
});
