/** Lines of all sorts for what reads lines, and a schema with fields of every type. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Prng } from "../base/prng.ts";
import { builtInSchema } from "../schema/field-table.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldDefinition, FieldType } from "../schema/type.ts";

function field(path: string, type: FieldType): FieldDefinition {
  return { path, type, multiple: false, categories: [], description: "", origin: "extension" };
}

export const richSchema: Schema = builtInSchema().extend([
  field("a.version", "version"),
  field("a.flag", "boolean"),
  field("a.score", "double"),
  field("a.when", "date"),
  { ...field("a.null", "keyword"), nullValue: "NULL" },
]);

export const oddLines: readonly string[] = [
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
  '{"process":[{"name":"a"}]}',
  '{"process":{"name":-0},"a":{"score":-0}}',
  '{"process":[[{"name":"a"}],"b"]}',
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

const corpus = join(process.cwd(), "..", "shared", "corpus", "events");

/** Lines of recordings: the example's, and those of the corpus where it is there. */
export function recordedLines(): string[] {
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

/** Changes a line in place, most often so that it is no JSON any more. */
export function damage(line: Uint8Array, random: Prng): void {
  for (let changes = 1 + random.int(3); changes > 0; changes -= 1) {
    const at = random.int(line.length);
    if (random.int(3) === 0) line.copyWithin(at, random.int(line.length), at + random.int(20));
    else
      line[at] = random.pick([
        ...Buffer.from('"\\{}[],:0123456789eE.-+ntfu\n\t '),
        random.int(256),
      ]);
  }
}
