/**
 * Takes out of events what must not be written: whole fields, and what matches a pattern in any text.
 * What is written is printed anew from what the rules saw, so that nothing hides in a repeated key.
 */
import { RE2JS } from "re2js";
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { DecodedRecord } from "../event/decode.ts";

export interface RedactionRule {
  /** Path of a field: its value and all below it. */
  readonly field?: string | undefined;
  /** Regular expression (RE2), in the texts of the field, or of all fields where none is named. */
  readonly pattern?: string | undefined;
  readonly replacement: string;
}

interface CompiledRule {
  readonly field: string | null;
  readonly pattern: ReturnType<typeof RE2JS.compile> | null;
  readonly replacement: string;
}

export class Redactor {
  readonly #rules: readonly CompiledRule[];

  /** Throws an Error where a pattern is none. */
  constructor(rules: readonly RedactionRule[]) {
    this.#rules = rules.map(({ field, pattern, replacement }) => ({
      field: field ?? null,
      pattern: pattern === undefined ? null : RE2JS.compile(pattern),
      replacement,
    }));
  }

  /** The record as it may be written. Gaps and heartbeats hold nothing of an event. */
  redact(record: DecodedRecord): DecodedRecord {
    if (record.kind !== "event") return record;
    const value = this.#object(record.value, "");
    return { ...record, value, json: printJson(value) };
  }

  #object(object: JsonObject, path: string): JsonObject {
    const redacted = Object.entries(object).map(([key, member]): [string, JsonValue] => {
      const below = path === "" ? key : `${path}.${key}`;
      return [key, this.#value(member, below)];
    });
    return Object.fromEntries(redacted);
  }

  #value(value: JsonValue, path: string): JsonValue {
    const whole = this.#rules.find(
      ({ field, pattern }) => pattern === null && field !== null && isWithin(path, field),
    );
    if (whole !== undefined) return replaced(value, whole.replacement);
    if (typeof value === "string") return this.#text(value, path);
    if (Array.isArray(value)) return value.map((item) => this.#value(item, path));
    return typeof value === "object" && value !== null ? this.#object(value, path) : value;
  }

  #text(text: string, path: string): string {
    let redacted = text;
    for (const { field, pattern, replacement } of this.#rules) {
      if (pattern === null || !isWithin(path, field)) continue;
      redacted = pattern.matcher(redacted).replaceAll(RE2JS.quoteReplacement(replacement));
    }
    return redacted;
  }
}

/** What stands for a whole value. A list stays a list, of one item, so that it does not tell how many there were. */
function replaced(value: JsonValue, replacement: string): JsonValue {
  if (value === null || (Array.isArray(value) && value.length === 0)) return value;
  return Array.isArray(value) ? [replacement] : replacement;
}

function isWithin(path: string, field: string | null): boolean {
  return field === null || path === field || path.startsWith(`${field}.`);
}

/** JSON text with the keys in their order and integers exact. */
function printJson(value: JsonValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return printNumber(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(printJson).join(",")}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${printJson(member)}`,
  );
  return `{${members.join(",")}}`;
}

function printNumber(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "1e999" : "-1e999";
}
