/** What commands about logs say to people. */
import type { ConvertSummary } from "../agent/convert.ts";
import type { DamageReport, LogReport } from "../agent/inspect.ts";
import type { RecordSummary } from "../agent/record.ts";
import type { JsonObject } from "../base/json.ts";
import { lookUp } from "../event/lookup.ts";
import type { Paint } from "./color.ts";
import { grouped } from "./summary-text.ts";
import { visible } from "./visible.ts";

/** One line for a damaged place. */
export function damageText({ file, block, offset, why }: DamageReport): string {
  const place = block === null ? "" : `block ${block}, `;
  return `${file}: ${place}offset ${offset}: ${why}`;
}

export function recordText(summary: RecordSummary): string {
  const { events, recorded, blocks, bytes, seconds, rejected, lost } = summary;
  const notes = [
    ...(rejected > 0 ? [`${grouped(rejected)} lines rejected`] : []),
    ...(lost > 0 ? [`${grouped(lost)} records lost`] : []),
  ];
  const size = `${grouped(recorded)} records in ${grouped(blocks)} blocks, ${grouped(bytes)} bytes`;
  return `${grouped(events)} events in ${seconds.toFixed(2)} s\n${[size, ...notes].join(", ")}\n`;
}

export function convertText({ events, records, rejected, damaged }: ConvertSummary): string {
  const notes = [
    `${grouped(events)} events in ${grouped(records)} records`,
    ...(rejected > 0 ? [`${grouped(rejected)} lines rejected`] : []),
    ...(damaged.length > 0 ? [`${grouped(damaged.length)} damaged places`] : []),
  ];
  return `${notes.join(", ")}\n`;
}

export function reportText(report: LogReport, paint: Paint): string {
  const { events, blocks, gaps, heartbeats, damaged, from, to, hashes, segments } = report;
  const lines = segments.map((segment) => {
    const notes = [
      `${grouped(segment.bytes)} bytes`,
      segment.closed ? "closed" : "not closed",
      `kestrel ${segment.engine_version ?? "unknown"}`,
      ...(segment.host === null ? [] : [`host ${segment.host}`]),
    ];
    return `${segment.file}: ${notes.join(", ")}`;
  });
  lines.push(
    `${grouped(events)} events, ${grouped(gaps)} gaps and ${grouped(heartbeats)} heartbeats in ${grouped(blocks)} blocks`,
  );
  for (const slice of report.slices ?? []) lines.push(sliceText(slice));
  if (from !== null) lines.push(`from ${from} to ${to}`);
  lines.push(paint("faint", `schema ${hashes.schema ?? "unknown"}`));
  if (hashes.rule_pack !== null) lines.push(paint("faint", `rules ${hashes.rule_pack}`));
  lines.push(paint("faint", `chain ${hashes.chain ?? "unknown"}`));
  if (damaged.length === 0) lines.push("nothing is damaged");
  else {
    lines.push(paint("strong", `${grouped(damaged.length)} damaged`));
    lines.push(...damaged.map((damage) => `  ${damageText(damage)}`));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function sliceText(slice: JsonObject): string {
  const member = (path: string): string => visible(String(lookUp(slice, path) ?? "unknown"));
  const verdict = member("replays_to");
  const note = verdict === "same" ? "" : `, which it does not replay to: ${verdict}`;
  return `slice of alert ${member("alert")} of rule ${member("rule.id")} at ${member("time")}${note}`;
}
