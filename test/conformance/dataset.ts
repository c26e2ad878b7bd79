/** Data sets of vectors: a closed schema and events in their order. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, parseJson } from "../../src/base/json.ts";
import { parseEpoch, parseIso } from "../../src/base/time.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";
import { FieldInference } from "../../src/schema/infer.ts";
import { Schema } from "../../src/schema/schema.ts";
import type { FieldDefinition, FieldType } from "../../src/schema/type.ts";
import type { DatasetMapping } from "./vector.ts";

export interface Dataset {
  readonly schema: Schema;
  /** In (time, tiebreaker, arrival) order. */
  readonly events: readonly DatasetEvent[];
}

export interface DatasetEvent {
  readonly json: string;
  readonly value: JsonObject;
}

/** FILETIME ticks (100 ns since 1601) at the Unix epoch. */
const filetimeEpoch = 116_444_736_000_000_000n;

/** Reads data sets of a folder by file name. */
export function createDatasetLoader(folder: string): (names: readonly string[]) => Dataset {
  const mappings = readMappings(folder);
  const cache = new Map<string, Dataset>();
  return (names) => {
    const key = names.join(" ");
    const known = cache.get(key) ?? loadDataset(folder, names, mappings);
    cache.set(key, known);
    return known;
  };
}

/** A schema that holds exactly what the events hold, with the mapping's types where it gives some. */
export function schemaOf(events: readonly JsonObject[], mapping: DatasetMapping | null): Schema {
  const fields = Object.entries(mapping?.fields ?? {}).map(
    ([path, { type, format, null_value }]): FieldDefinition => ({
      ...plain(path, type as FieldType),
      ...(format === undefined ? {} : { dateFormats: format.split(/ or |\|\|/) }),
      ...(null_value === undefined ? {} : { nullValue: null_value }),
    }),
  );
  const mapped = new Schema(builtInSchema().version, []).extend([
    plain("@timestamp", "date"),
    ...fields,
  ]);
  const inference = new FieldInference(mapped);
  for (const event of events) inference.observe(event);
  return mapped.extend(
    inference.definitions().map((definition) => ({ ...definition, origin: "extension" })),
  );
}

function plain(path: string, type: FieldType): FieldDefinition {
  return { path, type, multiple: false, categories: [], description: "", origin: "extension" };
}

function readMappings(folder: string): Readonly<Record<string, DatasetMapping>> {
  return JSON.parse(readFileSync(join(folder, "datasets.json"), "utf8")) as Record<
    string,
    DatasetMapping
  >;
}

function loadDataset(
  folder: string,
  names: readonly string[],
  mappings: Readonly<Record<string, DatasetMapping>>,
): Dataset {
  const merged = mergeMappings(names.map((name) => mappings[name]!));
  const values = names.flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => withTime(parseObject(line), merged)),
  );
  const events = sortEvents(values, merged).map((value) => ({ json: print(value), value }));
  return { schema: schemaOf(values, merged), events };
}

function mergeMappings(mappings: readonly DatasetMapping[]): DatasetMapping {
  const fields = Object.assign({}, ...mappings.map((mapping) => mapping.fields));
  return { ...mappings[0]!, fields };
}

function parseObject(line: string): JsonObject {
  const parsed = parseJson(line);
  if (parsed.kind !== "value") throw new Error(`not JSON: ${line}`);
  return parsed.value as JsonObject;
}

/** Queries read the time as `@timestamp`, in milliseconds. */
function withTime(event: JsonObject, mapping: DatasetMapping): JsonObject {
  if (mapping.time === null || mapping.time.unit !== "filetime") return event;
  const ticks = BigInt(String(event[mapping.time.field]));
  return { ...event, "@timestamp": Number((ticks - filetimeEpoch) / 10_000n) };
}

function sortEvents(events: readonly JsonObject[], mapping: DatasetMapping): JsonObject[] {
  if (mapping.time === null) return [...events];
  const tiebreaker = mapping.tiebreaker;
  const rank = (event: JsonObject): number =>
    tiebreaker === undefined ? 0 : Number(event[tiebreaker]);
  return [...events].sort((a, b) => {
    const order = timeOf(a) - timeOf(b);
    return order === 0n ? rank(a) - rank(b) : order < 0n ? -1 : 1;
  });
}

function timeOf(event: JsonObject): bigint {
  const text = String(event["@timestamp"]);
  const timeNs = parseIso(text) ?? parseEpoch(text, "ms");
  if (timeNs === null) throw new Error(`no time: ${text}`);
  return timeNs;
}

function print(event: JsonObject): string {
  return JSON.stringify(event, (_key, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
}
