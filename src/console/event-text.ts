/** What an event says in a few words. */
import { type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import { visible } from "./visible.ts";

/** The event's JSON as an object; an empty one where it is none. */
export function readEvent(json: string): JsonObject {
  const parsed = parseJson(json);
  if (parsed.kind !== "value" || !isObject(parsed.value)) return {};
  return parsed.value;
}

/** The text of a field, however its path is nested or dotted; several values are joined by blanks. */
export function fieldText(event: JsonObject, path: string): string | null {
  const value = fieldValue(event, path.split("."));
  if (value === undefined || value === null || isObject(value)) return null;
  if (!Array.isArray(value)) return String(value);
  const texts = value.filter((item) => item !== null && typeof item !== "object").map(String);
  return texts.length === 0 ? null : texts.join(" ");
}

/** `process exec  bash(1774): bash -c id`: category, action and what they were about. */
export function eventSummary(event: JsonObject): string {
  const kind = [fieldText(event, "event.category"), fieldText(event, "event.action")]
    .filter((text) => text !== null)
    .join(" ");
  const process = processText({
    name: fieldText(event, "process.name"),
    executable: fieldText(event, "process.executable"),
    pid: fieldText(event, "process.pid"),
    commandLine: fieldText(event, "process.command_line") ?? fieldText(event, "process.args"),
  });
  const target = subjects
    .map(([arrow, path]) => [arrow, fieldText(event, path)] as const)
    .find(([, text]) => text !== null);
  const parts = [visible(kind), process, target === undefined ? "" : visible(target.join(""))];
  return parts.filter((part) => part !== "").join("  ");
}

/** What a process is called in a tree: `bash(1774): bash -c id`. */
export function processText(process: {
  readonly name: string | null;
  readonly executable: string | null;
  readonly pid: number | string | null;
  readonly commandLine: string | null;
}): string {
  const base = process.executable?.replace(/^.*[/\\](?=[^/\\])/, "") ?? null;
  const name = process.name ?? base;
  if (name === null && process.pid === null && process.commandLine === null) return "";
  const pid = process.pid === null ? "" : `(${process.pid})`;
  const what = process.commandLine ?? process.executable;
  return visible(`${name ?? "?"}${pid}${what === null || what === name ? "" : `: ${what}`}`);
}

/** Fields that say what an event was about, the most telling first. */
const subjects: readonly (readonly [arrow: string, path: string])[] = [
  ["-> ", "file.path"],
  ["-> ", "registry.path"],
  ["-> ", "dns.question.name"],
  ["-> ", "destination.ip"],
  ["-> ", "dll.path"],
  ["-> ", "user.target.name"],
];

function fieldValue(value: JsonValue, path: readonly string[]): JsonValue | undefined {
  if (path.length === 0) return value;
  if (!isObject(value)) return undefined;
  for (let length = path.length; length > 0; length -= 1) {
    const key = path.slice(0, length).join(".");
    if (!Object.hasOwn(value, key)) continue;
    const found = fieldValue(value[key]!, path.slice(length));
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
