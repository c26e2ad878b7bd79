/** What a program says of itself, made an event that nobody takes for the kernel's word. */
import { type JsonObject, type JsonValue, parseJson, printCanonical } from "../../base/json.ts";
import { formatIso } from "../../base/time.ts";
import { isObject, lookUp } from "../../event/lookup.ts";
import type { PeerCredentials } from "../linux/libc.ts";

export type ClaimedEvent =
  | { readonly kind: "event"; readonly json: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Paths, with all below them, that only Kestrel fills. */
const reserved: readonly string[] = ["event.provider", "event.module", "kestrel", "agent"];

/** Processes that the process table keys by entity id. */
const processes: readonly string[] = ["process", "process.parent"];

/**
 * The event that `peer` sent as `line`, with `event.provider` "socket" and `kestrel.peer`. Reserved
 * fields are taken out in every spelling, nested or dotted. Entity ids get the prefix
 * `socket:UID:`; a process that was named by its pid alone gets such an id as well, so that it is never joined
 * with one that the kernel told of. Without a time it happened at `nowNs`.
 */
export function claimEvent(line: string, peer: PeerCredentials, nowNs: bigint): ClaimedEvent {
  const parsed = parseJson(line);
  if (parsed.kind !== "value") return { kind: "refused", reason: "not JSON" };
  if (!isObject(parsed.value)) return { kind: "refused", reason: "not a JSON object" };
  if (lookUp(parsed.value, "kestrel.record") !== undefined) {
    return { kind: "refused", reason: "a record that only Kestrel makes" };
  }
  const prefix = `socket:${peer.uid}:`;
  const event = cleanObject(parsed.value, "", prefix);
  for (const path of processes) nameProcess(event, path, prefix);
  if (lookUp(event, "@timestamp") === undefined) event["@timestamp"] = formatIso(nowNs);
  event["event.provider"] = "socket";
  event["kestrel"] = { peer: { pid: peer.pid, uid: peer.uid, gid: peer.gid } };
  return { kind: "event", json: printCanonical(event) };
}

function cleanObject(object: JsonObject, path: string, prefix: string): JsonObject {
  const clean: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    const full = path === "" ? key : `${path}.${key}`;
    if (reserved.some((name) => full === name || full.startsWith(`${name}.`))) continue;
    // A key that JavaScript gives a meaning of its own is no field.
    if (key !== "__proto__") clean[key] = cleanValue(value, full, prefix);
  }
  return clean;
}

function cleanValue(value: JsonValue, path: string, prefix: string): JsonValue {
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, path, prefix));
  if (isObject(value)) return cleanObject(value, path, prefix);
  const isId = path.endsWith("entity_id") || path.endsWith("Ext.ancestry");
  return isId && value !== null ? `${prefix}${value}` : value;
}

function nameProcess(event: JsonObject, path: string, prefix: string): void {
  const pid = lookUp(event, `${path}.pid`);
  if (pid === undefined || lookUp(event, `${path}.entity_id`) !== undefined) return;
  event[`${path}.entity_id`] = `${prefix}pid:${String(pid)}`;
}
