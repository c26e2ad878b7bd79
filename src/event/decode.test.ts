import assert from "node:assert/strict";
import { test } from "node:test";
import { AssertionError } from "../base/assert.ts";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { builtInSchema } from "../schema/field-table.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldDefinition } from "../schema/type.ts";
import { Batch, recordKinds } from "./batch.ts";
import { type DecodedRecord, type DecoderOptions, EventDecoder } from "./decode.ts";
import { createLayout } from "./layout.ts";
import { type RowContents, rowContents } from "./row-contents.fixture.ts";
import { StringTable } from "./string-table.ts";

function define(path: string, type: FieldDefinition["type"], more?: object): FieldDefinition {
  return {
    path,
    type,
    multiple: false,
    categories: [],
    description: "",
    origin: "extension",
    ...more,
  };
}

const schema: Schema = builtInSchema().extend([
  define("n.long", "long"),
  define("n.double", "double"),
  define("n.flag", "boolean"),
  define("n.list", "object-list"),
  define("n.list.a", "keyword"),
  define("n.list.deep.b", "long"),
  define("both", "keyword"),
  define("both.inner", "keyword"),
  define("with_null", "keyword", { nullValue: "NULL" }),
  define("day", "date", { dateFormats: ["dd-MM-yyyy"] }),
  define("time", "date"),
]);

const smallLimits: Limits = {
  ...defaultLimits,
  batchEvents: 8,
  batchListCells: 64,
  listValues: 10,
};

interface Bench {
  readonly decoder: EventDecoder;
  readonly batch: Batch;
  record(line: string): DecodedRecord;
  /** Decodes one event into the emptied batch and tells what its row says. */
  contents(event: string | object): RowContents;
}

function bench(
  limits: Limits = defaultLimits,
  more: Partial<DecoderOptions> = {},
  paths?: readonly string[],
): Bench {
  const fields = paths?.map((path) => schema.find(path)!) ?? schema.fields;
  const layout = createLayout(
    schema,
    fields.map((field) => field.id),
    limits,
  );
  const decoder = new EventDecoder({ schema, layout, limits, ...more });
  const batch = new Batch(layout, new StringTable(0x100000), { json: () => "" });
  const record = (line: string): DecodedRecord => {
    const result = decoder.parse(line);
    assert.ok(result.kind !== "rejected", line);
    return result;
  };
  const contents = (event: string | object): RowContents => {
    decoder.reset(batch);
    const line = typeof event === "string" ? event : JSON.stringify(event);
    assert.ok(decoder.append(batch, record(line), 0n));
    return rowContents(batch, schema, 0);
  };
  return { decoder, batch, record, contents };
}

test("nested and dotted keys mean the same, in any mixture", () => {
  const { contents } = bench();
  const expected = { "process.parent.name": ["sh"], "process.args": ["a", "b"] };
  for (const event of [
    { process: { parent: { name: "sh" }, args: ["a", "b"] } },
    { "process.parent.name": "sh", "process.args": ["a", "b"] },
    { process: { "parent.name": "sh" }, "process.args": ["a", "b"] },
    { "process.parent": { name: "sh" }, process: { args: ["a", "b"] } },
    { process: { args: ["a"], "parent.name": "sh" }, "process.args": "b" },
  ]) {
    assert.deepEqual(contents(event), expected);
  }
});

test("arrays give several values, flattened, without nulls, duplicates kept in their order", () => {
  const { contents } = bench();
  assert.deepEqual(contents({ process: { args: [["b", null], [[["a"]]], "b"] } }), {
    "process.args": ["b", "a", "b"],
  });
  assert.deepEqual(contents({ process: { args: [], name: null, title: [null, [null]] } }), {});
  assert.deepEqual(contents({ process: { args: ["only"] } }), { "process.args": ["only"] });
  assert.deepEqual(
    contents({ n: { long: [1, "2", 3.7], double: [1, 0.5], flag: [true, "false"] } }),
    {
      "n.long": [1n, 2n, 3n],
      "n.double": [1, 0.5],
      "n.flag": [true, false],
    },
  );
  assert.deepEqual(contents({ time: ["1970-01-01", 1], "host.ip": ["::1", "::ffff:1.2.3.4"] }), {
    time: [0n, 1_000_000n],
    "host.ip": ["::1", "1.2.3.4"],
  });
});

test("arrays of objects become several values of plain fields", () => {
  const { contents } = bench();
  assert.deepEqual(contents({ process: [{ name: "a" }, { name: ["b", "c"] }, null, { pid: 1 }] }), {
    "process.name": ["a", "b", "c"],
    "process.pid": [1n],
  });
});

test("arrays of objects become records of an object list", () => {
  const { contents, batch } = bench();
  assert.deepEqual(
    contents({
      n: { list: [{ a: "x", deep: { b: 1 } }, null, [{ a: ["y", "z"] }], {}, { "deep.b": 2 }] },
    }),
    { "n.list": [{ a: ["x"], "deep.b": [1n] }, { a: ["y", "z"] }, {}, { "deep.b": [2n] }] },
  );
  assert.equal(batch.count, 1);
  assert.deepEqual(contents({ "n.list": [] }), {});
});

test("an object in the place of a list is a list of one, however its keys are split", () => {
  const { contents } = bench();
  const expected = { "n.list": [{ a: ["x"], "deep.b": [1n] }] };
  assert.deepEqual(contents({ n: { list: { a: "x", deep: { b: 1 } } } }), expected);
  assert.deepEqual(contents({ "n.list.a": "x", n: { "list.deep": { b: 1 } } }), expected);
  assert.deepEqual(contents({ "n.list": { a: "x" }, "n.list.deep.b": 1 }), expected);
  assert.deepEqual(contents({ n: [{ "list.a": "x" }, { list: { a: "y" } }] }), {
    "n.list": [{ a: ["x"] }, { a: ["y"] }],
  });
  assert.deepEqual(contents({ n: { list: [{ a: "x" }] }, "n.list.a": "y" }), {
    "n.list": [{ a: ["x"] }, { a: ["y"] }],
  });
});

test("a field may lie on the path to another", () => {
  const { contents, decoder } = bench();
  assert.deepEqual(contents({ both: "x" }), { both: ["x"] });
  assert.deepEqual(contents({ both: { inner: "y" } }), { "both.inner": ["y"] });
  assert.deepEqual(contents({ both: ["x", { inner: "y" }], "both.inner": "z" }), {
    both: ["x"],
    "both.inner": ["y", "z"],
  });
  assert.equal(decoder.counters.mistyped, 0);
});

test("an explicit null stands for the field's null value, an absent field or empty list does not", () => {
  const { contents } = bench();
  assert.deepEqual(contents({ with_null: null }), { with_null: ["NULL"] });
  assert.deepEqual(contents({ with_null: ["a", null] }), { with_null: ["a", "NULL"] });
  assert.deepEqual(contents({ with_null: [] }), {});
  assert.deepEqual(contents({}), {});
});

test("values that do not fit are absent and counted, the others stay", () => {
  const { contents, decoder } = bench();
  const event = {
    n: { long: ["x", 1, true], double: {}, flag: "yes", list: ["text", 5] },
    host: { ip: ["10.0.0.1", "nowhere"] },
    day: "13.12.2022",
    "process.name": { x: 1 },
  };
  assert.deepEqual(contents(event), { "n.long": [1n], "host.ip": ["10.0.0.1"] });
  assert.deepEqual(decoder.counters, { rejected: 0, mistyped: 9, cutLists: 0 });
});

test("integers of 64 bits are exact", () => {
  const { contents } = bench();
  const line =
    '{"n.long":[9223372036854775807,-9223372036854775808,9007199254740993,-1,4294967296]}';
  assert.deepEqual(contents(line), {
    "n.long": [9223372036854775807n, -9223372036854775808n, 9007199254740993n, -1n, 4294967296n],
  });
  assert.deepEqual(contents('{"process.name":18446744073709551615,"n.long":-4294967297}'), {
    "process.name": ["18446744073709551615"],
    "n.long": [-4294967297n],
  });
});

test("dates are read in the field's own forms too", () => {
  const { contents } = bench();
  assert.deepEqual(contents({ day: ["13-12-2022", "2022-12-13"] }), {
    day: [1_670_889_600_000_000_000n, 1_670_889_600_000_000_000n],
  });
});

test("only the layout's fields are filled", () => {
  const { contents } = bench(defaultLimits, {}, ["process.name", "dns.answers.ttl"]);
  const event = {
    process: { name: "a", pid: 1 },
    dns: { answers: [{ ttl: 5, name: "n" }] },
    x: {},
  };
  assert.deepEqual(contents(event), { "process.name": ["a"], "dns.answers": [{ ttl: [5n] }] });
});

test("the timestamp is ISO text, a number or its text, in the unit that was given", () => {
  const { decoder } = bench();
  const time = (line: string, other: EventDecoder = decoder): unknown => {
    const result = other.parse(line);
    return result.kind === "rejected" ? result.code : result.timeNs;
  };
  assert.equal(time('{"@timestamp":"1970-01-01T00:00:00.000000001Z"}'), 1n);
  assert.equal(time('{"@timestamp":1}'), 1_000_000n);
  assert.equal(time('{"@timestamp":"11"}'), 11_000_000n);
  assert.equal(time('{"@timestamp":["1970-01-02"]}'), 86_400_000_000_000n);
  assert.equal(time("{}"), null);
  assert.equal(time('{"@timestamp":null}'), null);
  for (const bad of ['"soon"', "true", "{}", "[1,2]", "1e300", '""']) {
    assert.equal(time(`{"@timestamp":${bad}}`), "bad-timestamp", bad);
  }
  const { decoder: windows } = bench(defaultLimits, {
    timestampField: "meta.at",
    timestampUnit: "filetime",
  });
  assert.equal(time('{"meta":{"at":116444736000000010},"@timestamp":5}', windows), 1000n);
});

test("with a timestamp field of its own, the event's time fills @timestamp where it is missing", () => {
  const { contents } = bench(defaultLimits, { timestampField: "time", timestampUnit: "s" });
  assert.deepEqual(contents({ time: 2 }), {
    time: [2_000_000_000n],
    "@timestamp": [2_000_000_000n],
  });
  assert.deepEqual(contents({ time: 2, "@timestamp": 1 }), {
    time: [2_000_000_000n],
    "@timestamp": [1_000_000n],
  });
  assert.deepEqual(contents({}), {});
});

test("lines that are no events are rejected by code and counted", () => {
  const { decoder } = bench({ ...defaultLimits, nesting: 4, lineBytes: 40 });
  const code = (line: string): string => {
    const result = decoder.parse(line);
    return result.kind === "rejected" ? result.code : result.kind;
  };
  assert.equal(code('{"a":'), "invalid-json");
  assert.equal(code(""), "invalid-json");
  assert.equal(code("[1]"), "not-an-object");
  assert.equal(code("null"), "not-an-object");
  assert.equal(code('{"a":[[[[1]]]]}'), "too-deep");
  assert.equal(code('{"a":[[[1]]]}'), "event");
  assert.equal(code(`{"a":"${"x".repeat(32)}"}\n`), "event");
  assert.equal(code(`{"a":"${"x".repeat(33)}"}`), "line-too-long");
  assert.equal(code(`{"a":"${"é".repeat(16)}"}`), "event");
  assert.equal(code(`{"a":"${"é".repeat(16)}x"}`), "line-too-long");
  assert.equal(code(`{"a":"${"😀".repeat(8)}"}`), "event");
  assert.equal(code(`{"a":"${"😀".repeat(8)}x"}`), "line-too-long");
  assert.equal(code(`{"a":"${"€".repeat(10)}xx"}`), "event");
  assert.equal(code(`{"a":"${"€".repeat(11)}"}`), "line-too-long");
  assert.equal(decoder.counters.rejected, 9);
});

test("gaps and heartbeats have rows of their own, without values", () => {
  const { decoder, batch, record } = bench();
  const gap = record(
    '{"@timestamp":5,"kestrel":{"record":"gap","gap":{"source":"ebpf","lost":3}},"process.name":"x"}',
  );
  const heartbeat = record('{"@timestamp":6,"kestrel.record":"heartbeat"}');
  assert.ok(decoder.append(batch, gap, 5n) && decoder.append(batch, heartbeat, 6n));
  assert.deepEqual([...batch.kinds.subarray(0, 2)], [recordKinds.gap, recordKinds.heartbeat]);
  assert.deepEqual(rowContents(batch, schema, 0), {});
  assert.deepEqual(batch.gaps.get(0), {
    source: "ebpf",
    fromNs: 5_000_000n,
    toNs: 5_000_000n,
    lost: 3,
    categories: [],
  });
  const bad = decoder.parse('{"kestrel.record":"gap"}');
  assert.equal(bad.kind === "rejected" ? bad.code : "", "bad-gap");
  decoder.reset(batch);
  assert.equal(batch.count, 0);
  assert.equal(batch.gaps.size, 0);
});

test("rows keep their time and their line as evidence", () => {
  const { decoder, batch, record } = bench();
  const lines = ['{"process": {"name": "a"}}', '{"b":1}'];
  assert.ok(decoder.append(batch, record(`${lines[0]}\r\n`), 7n));
  assert.ok(decoder.append(batch, record(`${lines[1]}\n`), -8n));
  assert.deepEqual([batch.times[0], batch.times[1]], [7n, -8n]);
  assert.deepEqual([batch.evidence.json(0), batch.evidence.json(1)], lines);
  assert.throws(() => batch.evidence.json(2), AssertionError);
});

test("a batch without a row left takes no more, and is as new after a reset", () => {
  const { decoder, batch, record } = bench(smallLimits);
  const event = record('{"process":{"name":"a","args":["x","y"]},"n.list":[{"a":"q"}]}');
  for (let i = 0; i < 8; i += 1) assert.ok(decoder.append(batch, event, BigInt(i)));
  assert.equal(decoder.append(batch, event, 8n), false);
  assert.equal(batch.count, 8);
  decoder.reset(batch);
  assert.ok(decoder.append(batch, record("{}"), 0n));
  assert.deepEqual(rowContents(batch, schema, 0), {}, "nothing may be left of the row before");
});

test("a batch whose pool is used up refuses the row whole, and counts nothing for it", () => {
  const { decoder, batch, record } = bench(smallLimits);
  const ten = Array.from({ length: 10 }, (_, i) => `v${i}`);
  const event = record(JSON.stringify({ process: { args: ten, title: {} } }));
  let rows = 0;
  while (decoder.append(batch, event, 0n)) rows += 1;
  // 63 usable cells, eleven for each list of ten.
  assert.equal(rows, 5);
  assert.equal(batch.count, 5);
  assert.deepEqual(decoder.counters, { rejected: 0, mistyped: 5, cutLists: 0 });
  assert.ok(decoder.append(batch, record('{"process.name":"still room for this"}'), 0n));
  for (let row = 0; row < 5; row += 1) {
    assert.deepEqual(rowContents(batch, schema, row), { "process.args": ten });
  }
});

test("a list beyond the limit of values is cut and counted", () => {
  const { contents, decoder } = bench(smallLimits);
  const eleven = Array.from({ length: 11 }, (_, i) => i);
  assert.deepEqual(contents({ "n.long": eleven }), { "n.long": eleven.slice(0, 10).map(BigInt) });
  assert.equal(decoder.counters.cutLists, 1);
  const records = contents({ "n.list": eleven.map((a) => ({ a })) })["n.list"];
  assert.deepEqual(
    records,
    eleven.slice(0, 10).map((a) => ({ a: [String(a)] })),
  );
  assert.equal(decoder.counters.cutLists, 2);
});

test("an event too large for any batch is cut to what the pools hold, and counted", () => {
  const { contents, decoder } = bench({ ...smallLimits, batchListCells: 16 });
  const texts = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const event = {
    process: { args: texts, env_vars: texts, "parent.args": texts },
    n: { long: [1, 2, 3, 4] },
  };
  // Fifteen cells for texts: nine for the first list, six for the second; four for numbers.
  assert.deepEqual(contents(event), {
    "process.args": texts,
    "process.env_vars": texts.slice(0, 5),
    "process.parent.args": ["a"],
    "n.long": [1n, 2n, 3n],
  });
  assert.equal(decoder.counters.cutLists, 3);
});

test("a batch of another layout, or filled by another decoder, is a broken invariant", () => {
  const one = bench();
  const other = bench(smallLimits);
  assert.throws(() => one.decoder.append(other.batch, one.record("{}"), 0n), AssertionError);
});
