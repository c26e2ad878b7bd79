/** Types for fields that no table knows: from the values seen in data, and from their use in rules. */
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { Schema } from "./schema.ts";
import type { FieldDefinition, FieldType } from "./type.ts";

/**
 * What a rule does with a field: compares it with a literal of that type, asks whether it is in a network
 * (`ip`), searches it as a list of records (`list`), or something that says nothing (`any`).
 */
export type FieldUse = "keyword" | "long" | "double" | "boolean" | "date" | "ip" | "list" | "any";

/** One use of a field in a rule. */
export interface FieldEvidence {
  readonly path: string;
  readonly kind: FieldUse;
}

/** At most this many unknown paths are taken from data; what comes after is left unknown. */
const maxInferredFields = 10_000;

/** Definitions for the paths in `objects` that `schema` does not know, in the order of first sight. */
export function inferFromValues(schema: Schema, objects: Iterable<JsonObject>): FieldDefinition[] {
  const inference = new FieldInference(schema);
  for (const object of objects) inference.observe(object);
  return inference.definitions();
}

/** Collects what is seen at the paths that a schema does not know. */
export class FieldInference {
  readonly #schema: Schema;
  readonly #seen: Map<string, Observation> = new Map();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Takes in one event: nested and dotted keys alike, arrays flattened, nulls passed over. */
  observe(object: JsonObject): void {
    this.#object(object, "", false);
  }

  /** A definition for each path at which a value was seen. */
  definitions(): FieldDefinition[] {
    return Array.from(this.#seen, ([path, seen]) => ({
      path,
      type: typeOf(seen),
      multiple: seen.multiple,
      categories: [],
      description: "",
      origin: "inferred" as const,
    }));
  }

  #object(object: JsonObject, prefix: string, inList: boolean): void {
    for (const key of Object.keys(object)) this.#value(object[key]!, prefix + key, inList);
  }

  #value(value: JsonValue, path: string, inList: boolean): void {
    if (value === null) return;
    if (Array.isArray(value)) {
      const many = inList || value.length > 1;
      for (const item of value) this.#value(item, path, many);
    } else if (typeof value === "object") this.#object(value, `${path}.`, inList);
    else this.#scalar(value, path, inList);
  }

  #scalar(value: string | number | bigint | boolean, path: string, inList: boolean): void {
    if (this.#schema.find(path) !== undefined) return;
    let seen = this.#seen.get(path);
    if (seen === undefined) {
      if (this.#seen.size >= maxInferredFields) return;
      seen = { text: false, boolean: false, long: false, double: false, multiple: false };
      this.#seen.set(path, seen);
    }
    if (inList) seen.multiple = true;
    if (typeof value === "string") seen.text = true;
    else if (typeof value === "boolean") seen.boolean = true;
    else if (isLong(value)) seen.long = true;
    else seen.double = true;
  }
}

/**
 * The type of an unknown field from its uses in rules. A search makes it a list of records, a network an
 * address; text wins over date, double over long, and boolean needs to be the only use. Without any
 * use that says something it is a keyword.
 */
export function inferFromUse(uses: ReadonlySet<FieldUse>): FieldType {
  if (uses.has("list")) return "object-list";
  if (uses.has("ip")) return "ip";
  if (uses.has("keyword")) return "keyword";
  if (uses.has("date")) return "date";
  if (uses.has("double")) return "double";
  if (uses.has("long")) return "long";
  return uses.has("boolean") ? "boolean" : "keyword";
}

/** A definition for each path in `uses`, of the type that all its uses show, by first use. */
export function definitionsFromUses(uses: Iterable<FieldEvidence>): FieldDefinition[] {
  const kindsByPath = new Map<string, Set<FieldUse>>();
  for (const { path, kind } of uses) {
    const kinds = kindsByPath.get(path);
    if (kinds === undefined) kindsByPath.set(path, new Set([kind]));
    else kinds.add(kind);
  }
  return Array.from(kindsByPath, ([path, kinds]) => ({
    path,
    type: inferFromUse(kinds),
    multiple: kinds.has("list"),
    categories: [],
    description: "",
    origin: "inferred" as const,
  }));
}

/** Which kinds of values were seen at a path. */
interface Observation {
  text: boolean;
  boolean: boolean;
  long: boolean;
  double: boolean;
  multiple: boolean;
}

function typeOf(seen: Observation): FieldType {
  const numeric = seen.long || seen.double;
  if (seen.text || (seen.boolean && numeric)) return "keyword";
  if (seen.boolean) return "boolean";
  return seen.double ? "double" : "long";
}

function isLong(value: number | bigint): boolean {
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 2 ** 63;
  return BigInt.asIntN(64, value) === value;
}
