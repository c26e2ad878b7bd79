/** Which kinds of events a recording holds, with the fields that have values. */
import type { JsonObject, JsonValue } from "../base/json.ts";
import { compareByCodePoint } from "../base/text-order.ts";
import type { RecordedKind } from "../schema/recorded-kind.ts";

/** The kinds among `events`, sorted by category, type and action. */
export function recordedKinds(events: Iterable<JsonObject>): RecordedKind[] {
  const kinds = new Map<string, RecordedKind & { readonly fields: Set<string> }>();
  for (const event of events) {
    const head = event["event"];
    if (!isObject(head) || typeof head["action"] !== "string") continue;
    const categories = texts(head["category"]);
    const types = texts(head["type"]);
    const key = [categories.join(" "), types.join(" "), head["action"]].join("/");
    const kind = kinds.get(key) ?? { categories, types, action: head["action"], fields: new Set() };
    kinds.set(key, kind);
    addPaths(event, "", kind.fields);
  }
  return [...kinds].sort(([a], [b]) => compareByCodePoint(a, b)).map(([, kind]) => kind);
}

function addPaths(value: JsonValue, path: string, paths: Set<string>): void {
  if (value === null || (Array.isArray(value) && value.length === 0)) return;
  if (Array.isArray(value)) {
    paths.add(path);
    for (const item of value) if (isObject(item)) addPaths(item, path, paths);
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      addPaths(member, path === "" ? key : `${path}.${key}`, paths);
    }
  } else {
    paths.add(path);
  }
}

function texts(value: JsonValue | undefined): string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.filter((item): item is string => typeof item === "string");
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
