/** An alert for people: what, when, why, and the tree of processes it happened in. */
import type { Alert, AlertRule } from "../alert/alert.ts";
import { formatIso } from "../base/time.ts";
import type { Ink, Paint } from "./color.ts";
import { eventSummary, fieldText, processText, readEvent } from "./event-text.ts";
import { shorten, visible } from "./visible.ts";

/** Longest line of evidence, in code points. */
const lineLength = 200;

/**
 * The alert as several lines, the last one blank:
 *
 * ```
 * HIGH  Shell from a web server
 *   time     2024-02-03T04:05:06.789Z
 *   rule     web-shell 1.0.0 (linux/web-shell.eql)
 *   ATT&CK   Execution TA0002: T1059 Command and Scripting Interpreter
 *   step 0   process exec  sh(81): sh -c id
 *   process  systemd(1)
 *            └─ nginx(80)
 *               └─ sh(81): sh -c id
 * ```
 */
export function alertText(alert: Alert, paint: Paint): string {
  const { rule } = alert;
  const severity = visible(rule.severity.toUpperCase());
  const lines = [
    `${paint(severityInk(rule.severity), severity)}  ${paint("strong", visible(rule.name))}`,
    ...entry("time", [formatIso(alert.timeNs)], paint),
    ...entry("rule", [visible(`${rule.id} ${rule.version} (${rule.path})`)], paint),
    ...entry("ATT&CK", attackLines(rule), paint),
    ...entry("keys", alert.keys.length === 0 ? [] : [keysText(alert.keys)], paint),
    ...alert.match.flatMap((step) => entry(`step ${step.step}`, [stepText(step.event)], paint)),
    ...entry("process", processTree(alert), paint),
    ...entry("slice", alert.slice === undefined ? [] : [visible(alert.slice)], paint),
    ...entry(
      "note",
      alert.confidence === "certain" ? [] : [`degraded: ${alert.reasons.join(", ")}`],
      paint,
    ),
  ];
  return `${lines.join("\n")}\n\n`;
}

/** The lines of the tree, from the farthest ancestor known to the process of the last event. */
export function processTree(alert: Alert): readonly string[] {
  const last = alert.match.findLast((step) => step.event !== null);
  const event = readEvent(last?.event ?? "{}");
  const own = processText({
    name: fieldText(event, "process.name"),
    executable: fieldText(event, "process.executable"),
    pid: fieldText(event, "process.pid"),
    commandLine: fieldText(event, "process.command_line") ?? fieldText(event, "process.args"),
  });
  const names = [...alert.ancestry.map(processText).reverse(), own].filter((name) => name !== "");
  if (names.length < 2) return [];
  return names.map((name, depth) => {
    const branch = depth === 0 ? "" : `${"   ".repeat(depth - 1)}└─ `;
    return branch + shorten(name, lineLength);
  });
}

function severityInk(severity: string): Ink {
  switch (severity.toLowerCase()) {
    case "critical":
    case "high":
      return "bad";
    case "medium":
      return "warn";
    default:
      return "accent";
  }
}

/** A label before the first line; the others stand below it. */
function entry(label: string, lines: readonly string[], paint: Paint): string[] {
  return lines.map((line, index) => {
    const shown = (index === 0 ? label : "").padEnd(8);
    return `  ${paint("faint", shown)} ${line}`;
  });
}

function attackLines(rule: AlertRule): string[] {
  return rule.threat.map((threat) => {
    const tactic = threat.tactic === null ? "" : `${threat.tactic.name} ${threat.tactic.id}`;
    const techniques = threat.techniques.map(({ id, name }) => `${id} ${name}`).join(", ");
    return visible([tactic, techniques].filter((text) => text !== "").join(": "));
  });
}

function keysText(keys: Alert["keys"]): string {
  return keys.map((key) => (key === null ? "(none)" : visible(key))).join(", ");
}

function stepText(event: string | null): string {
  return event === null ? "(no such event)" : shorten(eventSummary(readEvent(event)), lineLength);
}
