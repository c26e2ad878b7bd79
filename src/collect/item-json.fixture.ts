/** What a source gives, as the JSON text that it would be in a log. */
import { heartbeatJson } from "../event/stream-record.ts";
import type { SourceItem } from "./source.ts";

/** The text of an event, gap or heartbeat; throws for what stands in the place of a line. */
export function itemJson(item: SourceItem): string {
  if (typeof item === "string") return item;
  if (item.kind === "pieces") return item.text();
  if (item.kind === "heartbeat") return heartbeatJson(item.timeNs);
  throw new TypeError(item.message);
}
