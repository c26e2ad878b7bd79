/** Finds one value in an event whose keys may be nested or dotted, in any mixture. */
import type { JsonObject, JsonValue } from "../base/json.ts";

/** The value at a dotted path that is not null, or undefined. Of several the one with the longest key. */
export function lookUp(object: JsonObject, path: string): JsonValue | undefined {
  const whole = ownValue(object, path);
  if (whole !== undefined && whole !== null) return whole;
  for (let dot = path.lastIndexOf("."); dot > 0; dot = path.lastIndexOf(".", dot - 1)) {
    const head = ownValue(object, path.slice(0, dot));
    if (!isObject(head)) continue;
    const found = lookUp(head, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a value is an object, neither null nor an array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
