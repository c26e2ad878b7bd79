/**
 * An alert as one line of JSON in ECS nesting. The events of its steps, and what is copied from the
 * last one as context, are embedded as they came in: nothing is parsed and written again, so that
 * integers past 2^53 survive.
 */
import { formatIso } from "../base/time.ts";
import type { Alert, AlertRule, Provenance } from "./alert.ts";
import { topLevelMembers } from "./members.ts";

/** `event.severity` where a rule has a severity but no risk score: Elastic's usual risk scores. */
const severityScores: Readonly<Record<string, number>> = {
  informational: 0,
  info: 0,
  low: 21,
  medium: 47,
  high: 73,
  critical: 99,
};

/** Objects of the last matched event that become the alert's own ECS fields. */
const contextObjects = ["host", "process", "user", "file"] as const;

/** The alert as JSON text without a line end. */
export function alertJson(alert: Alert, provenance: Provenance): string {
  const last = alert.match.findLast((step) => step.event !== null)?.event ?? "{}";
  const members = topLevelMembers(last);
  return object([
    ["@timestamp", json(formatIso(alert.timeNs))],
    ["event", eventObject(alert, members)],
    ["rule", ruleObject(alert.rule)],
    ["threat", threatObject(alert.rule)],
    ...context(members),
    ["kestrel", kestrelObject(alert, provenance)],
  ]);
}

/** The rule's risk score, or the usual one of its severity; null when neither says anything. */
export function severityScore(rule: AlertRule): number | null {
  return rule.riskScore ?? severityScores[rule.severity.toLowerCase()] ?? null;
}

/** Members of a JSON object: a name and the value's JSON text; undefined leaves it out. */
type Members = readonly (readonly [name: string, value: string | undefined])[];

function object(members: Members): string {
  const present = members.filter((member) => member[1] !== undefined);
  return `{${present.map(([name, value]) => `${json(name)}:${value}`).join(",")}}`;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

function some<T>(list: readonly T[]): string | undefined {
  return list.length === 0 ? undefined : json(list);
}

function eventObject(alert: Alert, members: ReadonlyMap<string, string>): string {
  const category =
    members.get("event.category") ?? topLevelMembers(members.get("event") ?? "").get("category");
  const severity = severityScore(alert.rule);
  return object([
    ["kind", json("alert")],
    ["id", json(alert.id)],
    ["category", category],
    ["severity", severity === null ? undefined : json(severity)],
  ]);
}

function ruleObject(rule: AlertRule): string {
  return object([
    ["id", json(rule.id)],
    ["name", json(rule.name)],
    ["version", json(rule.version)],
    ["description", rule.description === "" ? undefined : json(rule.description)],
    ["author", some(rule.author)],
    ["reference", some(rule.references)],
  ]);
}

function threatObject(rule: AlertRule): string | undefined {
  if (rule.threat.length === 0) return undefined;
  const techniques = rule.threat.flatMap((threat) => threat.techniques);
  const names = columns(techniques.filter((technique) => !technique.id.includes(".")));
  const subtechniques = columns(techniques.filter((technique) => technique.id.includes(".")));
  const technique = [...names, ["subtechnique", nested(subtechniques)] as const];
  return object([
    ["framework", json(rule.threat[0]!.framework)],
    ["tactic", nested(columns(rule.threat.flatMap((threat) => threat.tactic ?? [])))],
    ["technique", nested(technique)],
  ]);
}

/** ECS keeps ids and names as parallel lists; an id that occurs twice is listed once. */
function columns(pairs: readonly { readonly id: string; readonly name: string }[]): Members {
  const unique = [...new Map(pairs.map((pair) => [pair.id, pair.name]))];
  return [
    ["id", some(unique.map(([id]) => id))],
    ["name", some(unique.map(([, name]) => name))],
  ];
}

function nested(members: Members): string | undefined {
  return members.every((member) => member[1] === undefined) ? undefined : object(members);
}

function context(members: ReadonlyMap<string, string>): Members {
  return [...members].filter(([name, value]) =>
    contextObjects.some((prefix) =>
      name === prefix ? value.startsWith("{") : name.startsWith(`${prefix}.`),
    ),
  );
}

function kestrelObject(alert: Alert, provenance: Provenance): string {
  const steps = alert.match.map((step) => `{"step":${step.step},"event":${step.event ?? "null"}}`);
  const { rule } = alert;
  return object([
    ["match", `[${steps.join(",")}]`],
    ["kind", json(alert.kind)],
    ["confidence", json(alert.confidence)],
    ["reasons", some(alert.reasons)],
    ["keys", json(alert.keys)],
    [
      "rule",
      json({
        path: rule.path,
        severity: rule.severity,
        risk_score: rule.riskScore ?? undefined,
        tags: rule.tags,
        actions: rule.actions,
      }),
    ],
    ["ancestry", json(alert.ancestry.map(ancestor))],
    ["slice", alert.slice === undefined ? undefined : json(alert.slice)],
    ["engine_version", json(provenance.engineVersion)],
    ["schema_version", json(provenance.schemaVersion)],
    ["rule_pack_hash", json(provenance.rulePackHash)],
  ]);
}

function ancestor(process: Alert["ancestry"][number]): Record<string, string | number | null> {
  return {
    entity_id: process.entityId,
    pid: process.pid,
    name: process.name,
    executable: process.executable,
    command_line: process.commandLine,
  };
}
