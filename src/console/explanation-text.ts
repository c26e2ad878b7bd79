/** An explanation for people: what matched by which values, and what failed by which. */
import type { JsonObject } from "../base/json.ts";
import type {
  ExplainedStep,
  Explanation,
  FailedConjunct,
  MissReason,
  NearMiss,
} from "../study/explanation.ts";
import type { ConjunctVerdict } from "../study/row-verdicts.ts";
import type { Paint } from "./color.ts";
import { eventSummary, fieldText, processText, readEvent } from "./event-text.ts";
import { shorten, visible } from "./visible.ts";

/** Longest line of evidence, in code points. */
const lineLength = 200;

/**
 * Several lines for each match, near miss and live partial match:
 *
 * ```
 * near miss  1 step reached: process.pid == 7 is false
 *   step 0   2024-02-03T04:05:06.789Z  process exec  sh(81): sh -c id
 *              + process.name == "sh"   process.name: "sh"
 *   step 1   2024-02-03T04:05:07.000Z
 *              - process.pid == 7   process.pid: 8
 * ```
 */
export function explanationText(explanation: Explanation, paint: Paint): string {
  const { rule, matches, near_misses: misses, live } = explanation;
  const lines = [`${paint("strong", visible(rule.name))}  ${visible(`${rule.id} (${rule.path})`)}`];
  for (const match of matches) {
    lines.push(
      "",
      `${paint("bad", "match")}  ${match.time}  ${match.confidence}${keyText(match.key)}`,
    );
    lines.push(...match.steps.flatMap((step) => stepLines(step, paint)));
  }
  for (const miss of misses) lines.push("", ...missLines(miss, paint));
  for (const partial of live ?? []) {
    const until = partial.expires === null ? "for ever" : `until ${partial.expires}`;
    lines.push(
      "",
      `${paint("accent", "live")}  ${steps(partial.reached)}${keyText(partial.key)}, ${until}`,
    );
    lines.push(...partial.steps.flatMap((step) => stepLines(step, paint)));
  }
  if (live?.length === 0) lines.push("", "no partial match was live at that moment");
  return `${lines.join("\n")}\n`;
}

function missLines(miss: NearMiss, paint: Paint): string[] {
  const { reached, runs, key, failed, by } = miss;
  const taken = runs === undefined ? "" : `, and ${runs.taken} of ${runs.of} runs`;
  const head = `${paint("warn", "near miss")}  ${steps(reached)}${taken}${keyText(key)}`;
  return [
    `${head}: ${reasonText(by, failed)}`,
    ...miss.steps.flatMap((step) => stepLines(step, paint)),
    ...(failed === null ? [] : stepLines(failed, paint)),
  ];
}

/** Why it did not go on, in a sentence. */
function reasonText(by: MissReason, failed: FailedConjunct | null): string {
  switch (by.kind) {
    case "conjunct":
      return `step ${by.step} failed at ${visible(failed?.conjunct ?? "")}`;
    case "residual":
      return `step ${by.step} does not fit an earlier event: ${visible(failed?.conjunct ?? "")}`;
    case "key":
      return `step ${by.step} came under another key${keyText(by.key)}`;
    case "maxspan":
      return `step ${by.step} came ${by.excess_ms} ms too late`;
    case "until":
      return `an until event ended it at ${by.time}`;
    case "missing":
      return `an event that must be missing occurred, given up at ${by.time}`;
    case "eviction":
      return `it was evicted at ${by.time} to keep within limits`;
    case "gap":
      return `events were lost (${by.lost ?? "unknown how many"}) while it waited for step ${by.step}`;
    case "no-event":
      return `no event came near to step ${by.step}`;
    case "end":
      return `the log ended while it waited for step ${by.step}`;
    default:
      return by satisfies never;
  }
}

function stepLines(shown: ShownStep, paint: Paint): string[] {
  const { step, time, event, conjuncts } = shown;
  const label = `  ${paint("faint", `step ${step}`)}   `;
  if (event === null) return [`${label}(no such event)`];
  const record = readEvent(JSON.stringify(event));
  return [
    `${label}${time}  ${shorten(eventSummary(record), lineLength)}`,
    ...processLines(record, paint),
    ...conjuncts.flatMap((verdict) => verdictLines(verdict, paint, 0)),
  ];
}

type ShownStep = Pick<ExplainedStep, "step" | "time" | "event" | "conjuncts">;

/** The event's process below its parent, where the event names one. */
function processLines(event: JsonObject, paint: Paint): string[] {
  const [parent, own] = ["process.parent.", "process."].map((prefix) =>
    processText({
      name: fieldText(event, `${prefix}name`),
      executable: fieldText(event, `${prefix}executable`),
      pid: fieldText(event, `${prefix}pid`),
      commandLine: fieldText(event, `${prefix}command_line`) ?? fieldText(event, `${prefix}args`),
    }),
  );
  if (parent === undefined || parent === "" || own === undefined || own === "") return [];
  const tree = [parent, `└─ ${own}`];
  return tree.map((line) => `             ${paint("faint", shorten(line, lineLength))}`);
}

function verdictLines(verdict: ConjunctVerdict, paint: Paint, depth: number): string[] {
  const { conjunct, holds, values, operator, parts } = verdict;
  const mark = holds ? paint("good", "+") : paint("bad", "-");
  const seen = Object.entries(values)
    .map(
      ([field, value]) =>
        `${visible(field)}: ${paint(holds ? "accent" : "warn", visible(JSON.stringify(value)))}`,
    )
    .join(", ");
  const text = shorten(visible(conjunct.replace(/\s+/g, " ")), lineLength);
  const indent = "  ".repeat(depth);
  const isTree = operator === "or" || operator === "and";
  const line = `             ${indent}${mark} ${text}${isTree || seen === "" ? "" : `   ${seen}`}`;
  if (!isTree) return [line];
  return [line, ...(parts ?? []).flatMap((part) => verdictLines(part, paint, depth + 1))];
}

function keyText(key: readonly (string | null)[]): string {
  if (key.length === 0) return "";
  return ` under ${key.map((value) => (value === null ? "(none)" : visible(value))).join(", ")}`;
}

function steps(count: number): string {
  return count === 1 ? "1 step reached" : `${count} steps reached`;
}
