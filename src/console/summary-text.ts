/** The summary of a run for people. */
import type { RunSummary } from "../agent/summary.ts";
import type { Paint } from "./color.ts";

export function summaryText(summary: RunSummary, paint: Paint): string {
  const notes = [
    note(summary.rejected, "rejected"),
    note(summary.dropped, "dropped"),
    note(summary.late, "late"),
    note(summary.gaps, "gaps"),
    note(summary.damaged_blocks, "damaged"),
    note(summary.blind.length, "rules blind for a while"),
  ];
  const alertNotes = [
    note(summary.suppressed, "suppressed"),
    note(summary.pending, "pending"),
    note(summary.lost_alerts, "lost"),
  ];
  const rate = `${grouped(summary.events_per_second)} a second`;
  const alerts = `${grouped(summary.alerts)} ${summary.alerts === 1 ? "alert" : "alerts"}`;
  const rules = `${grouped(summary.rules)} ${summary.rules === 1 ? "rule" : "rules"}`;
  return [
    `${grouped(summary.events)} events in ${summary.seconds.toFixed(2)} s (${rate})${joined(notes)}`,
    `${paint("strong", alerts)} from ${rules}${joined(alertNotes)}`,
    paint("faint", `digest ${summary.digest}`),
    ...(summary.interrupted ? ["ended before the end of the input"] : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** `1,234,567` */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function note(count: number, what: string): string {
  return count === 0 ? "" : `${grouped(count)} ${what}`;
}

function joined(notes: readonly string[]): string {
  const present = notes.filter((text) => text !== "");
  return present.length === 0 ? "" : `: ${present.join(", ")}`;
}
