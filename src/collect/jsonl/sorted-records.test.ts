import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { defaultLimits, type Limits } from "../../base/limits.ts";
import { EventDecoder } from "../../event/decode.ts";
import { createLayout } from "../../event/layout.ts";
import { builtInSchema } from "../../schema/field-table.ts";
import { sortedRecords } from "./sorted-records.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-records-"));
after(() => rmSync(folder, { recursive: true }));
const schema = builtInSchema();

interface Read {
  readonly ids: string[];
  /** Code, line and file name of what was rejected. */
  readonly rejected: (readonly [code: string, line: string | null, input: string])[];
  readonly problems: string[];
}

async function read(
  files: Readonly<Record<string, string>>,
  overrides: Partial<Limits> = {},
  timestampField = "@timestamp",
): Promise<Read> {
  const limits = { ...defaultLimits, ...overrides };
  const layout = createLayout(schema, [], limits);
  const decoder = new EventDecoder({ schema, layout, limits, timestampField });
  const inputs = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  const result: Read = { ids: [], rejected: [], problems: [] };
  const temporary = mkdtempSync(join(tmpdir(), "kestrel-temporary-"));
  for await (const block of sortedRecords(inputs, {
    parser: {
      parse: (line) => decoder.parse(line),
      readsTimestamp: timestampField === "@timestamp",
    },
    limits,
    folder: temporary,
    onReject: ({ code }, line, input) =>
      result.rejected.push([code, line, input.slice(folder.length + 1)]),
    onProblem: (message) => result.problems.push(message),
  })) {
    result.ids.push(...block.map(({ record }) => String(record.value["id"])));
  }
  assert.deepEqual(readdirSync(temporary), []);
  rmSync(temporary, { recursive: true });
  return result;
}

/** Event `id`, `second` seconds after midnight. */
function event(id: string, second: number, key = "@timestamp"): string {
  return JSON.stringify({ id, [key]: `2024-01-01T00:00:${String(second).padStart(2, "0")}Z` });
}

test("lines of several files are sorted together; bad ones are told with their file", async () => {
  const long = `{"id":"${"q".repeat(200)}"}`;
  for (const sortBytes of [0, 0x100000]) {
    const { ids, rejected } = await read(
      {
        a: `${event("x", 2)}\nnonsense\n${event("y", 1)}\n`,
        b: `${event("z", 1)}\n${long}\n{"@timestamp":"2024-01-01T00:00:00Z" x}\n`,
      },
      { lineBytes: 100, sortBytes },
    );
    assert.deepEqual(ids, ["y", "z", "x"]);
    assert.deepEqual(rejected, [
      ["invalid-json", "nonsense", "a"],
      ["line-too-long", null, "b"],
      ["invalid-json", '{"@timestamp":"2024-01-01T00:00:00Z" x}', "b"],
    ]);
  }
});

test("numbers, offsets and other time fields are read as the decoder reads them", async () => {
  const mixed = [
    '{"id":"c","@timestamp":1704067203000}',
    '{"id":"a","@timestamp":"2024-01-01T01:00:01+01:00"}',
    event("b", 2),
  ];
  assert.deepEqual((await read({ a: mixed.join("\n") })).ids, ["a", "b", "c"]);
  const both = [
    '{"id":"late","@timestamp":"2024-01-01T00:00:01Z","time":"2024-01-01T00:00:09Z"}',
    '{"id":"early","@timestamp":"2024-01-01T00:00:02Z","time":"2024-01-01T00:00:08Z"}',
  ];
  assert.deepEqual((await read({ a: both.join("\n") }, {}, "time")).ids, ["early", "late"]);
});

test("an input that is not there is an error", async () => {
  const records = sortedRecords([join(folder, "missing")], {
    parser: { parse: () => assert.fail("nothing to parse"), readsTimestamp: true },
    limits: defaultLimits,
    onReject: () => undefined,
    onProblem: () => undefined,
  });
  await assert.rejects(records.next(), { name: "InputError", code: "ENOENT" });
});
