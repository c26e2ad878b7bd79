/**
 * What rules must find in a log, straight from the definition of the language: every event is held against every
 * rule, and matches are looked for in the list of all events. Nothing of the engine takes part.
 */
import type { KeyPlan, SamplePlan, SequencePlan } from "../../src/ir/plan.ts";
import type { NodeId } from "../../src/ir/predicate.ts";
import type { FieldId } from "../../src/schema/type.ts";
import type { Captures, Residual, SequenceEvent } from "../../src/sequence/contract.ts";
import { naiveFirings } from "../../src/sequence/naive-sample.fixture.ts";
import {
  type ModelEvent,
  type ModelMatch,
  naiveMatches,
} from "../../src/sequence/naive-sequence.fixture.ts";
import { combinations, holds } from "./condition.ts";
import type { FieldModel } from "./field-pool.ts";
import type { EventModel } from "./record.ts";
import { keyText, type RuleModel, type StepModel } from "./rule-model.ts";

/** A record of a log in final order. */
export type ModelRecord =
  | { readonly kind: "event"; readonly timeNs: bigint; readonly event: EventModel }
  | {
      readonly kind: "gap";
      readonly timeNs: bigint;
      readonly fromNs: bigint;
      readonly toNs: bigint;
    }
  | { readonly kind: "heartbeat"; readonly timeNs: bigint };

/** Records during which one set of rules was in force. */
export interface Stretch {
  readonly rules: readonly RuleModel[];
  readonly records: readonly ModelRecord[];
}

/** An alert as the model sees it. Samples leave a choice of events, so only what is certain of them is told. */
export interface ModelAlert {
  readonly ruleId: string;
  readonly timeNs: bigint;
  readonly keys: readonly (string | null)[];
  /** By matched step; null for a missing event, and for the whole of a sample. */
  readonly events: readonly (string | null)[] | null;
  readonly isDegraded: boolean | null;
  /** The event of the last step. */
  readonly last: string | null;
}

export interface ModelOutcome {
  /** In order. */
  readonly alerts: readonly ModelAlert[];
  readonly suppressed: number;
  /** Candidates of the last stretch that wait for a missing event. */
  readonly pending: number;
}

interface Found {
  readonly alert: ModelAlert;
  readonly rule: RuleModel;
  /** Index of the record by which it was decided; past the end where none did. */
  readonly decidedAt: number;
  /** Index of its last event. */
  readonly lastAt: number;
}

/** What the rules find in stretches that follow each other; a rule that stays goes on with what it holds. */
export function expectAlerts(
  stretches: readonly Stretch[],
  fields: readonly FieldModel[],
): ModelOutcome {
  const records = stretches.flatMap((stretch) => stretch.records);
  const found = livesOf(stretches).flatMap((life) => foundIn(life, records, fields));
  const alerts: ModelAlert[] = [];
  let suppressed = 0;
  let from = 0;
  for (const { rules, records: own } of stretches) {
    const to = from + own.length;
    const order = [...rules].sort(compareRules);
    const due = found
      .filter(({ decidedAt }) => decidedAt >= from && decidedAt < to)
      .sort((a, b) => compareFound(a, b, order));
    const kept = suppress(due);
    suppressed += due.length - kept.length;
    alerts.push(...kept.map(({ alert }) => alert));
    from = to;
  }
  const pending = found.filter(({ decidedAt }) => decidedAt === records.length).length;
  return { alerts, suppressed, pending };
}

/** By (id, path), by code point; all names of a simulation are ASCII. */
function compareRules(a: RuleModel, b: RuleModel): number {
  const [left, right] = [`${a.id}\n${a.path}`, `${b.id}\n${b.path}`];
  return left < right ? -1 : Number(left > right);
}

function compareFound(a: Found, b: Found, order: readonly RuleModel[]): number {
  if (a.alert.timeNs !== b.alert.timeNs) return a.alert.timeNs < b.alert.timeNs ? -1 : 1;
  const byRule = order.indexOf(a.rule) - order.indexOf(b.rule) || a.lastAt - b.lastAt;
  return byRule || compareKeys(a.alert.keys, b.alert.keys);
}

/** Of several keys that one event completes: position by position, null first, then by UTF-16 units. */
function compareKeys(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  const at = a.findIndex((text, index) => text !== b[index]);
  if (at === -1) return 0;
  const [left, right] = [a[at]!, b[at]!];
  if (left === null || right === null) return left === null ? -1 : 1;
  return left < right ? -1 : 1;
}

/** The records that one rule sees without an interruption. */
interface Life {
  readonly rule: RuleModel;
  readonly from: number;
  readonly to: number;
  /** Whether it is in force at the end. */
  readonly isLast: boolean;
}

function livesOf(stretches: readonly Stretch[]): Life[] {
  const lives: Life[] = [];
  let open = new Map<RuleModel, number>();
  let at = 0;
  for (const { rules, records } of stretches) {
    const next = new Map<RuleModel, number>();
    for (const rule of rules) next.set(rule, open.get(rule) ?? at);
    for (const [rule, from] of open) {
      if (!next.has(rule)) lives.push({ rule, from, to: at, isLast: false });
    }
    open = next;
    at += records.length;
  }
  for (const [rule, from] of open) lives.push({ rule, from, to: at, isLast: true });
  return lives;
}

function foundIn(
  life: Life,
  records: readonly ModelRecord[],
  fields: readonly FieldModel[],
): Found[] {
  const { rule, from, to } = life;
  if (rule.kind === "event") return eventsFound(rule, records, from, to);
  const ids = new Map(fields.map(({ path }, index) => [path, index as FieldId]));
  const events = sequenceEvents(records, from, to, fields);
  if (rule.kind === "sample") return samplesFound(rule, records, events, ids);
  const model = events
    .map(({ event, source }) => ({
      event,
      steps: rule.steps.flatMap((step, index) => (stepHolds(step, source) ? [index] : [])),
      until: rule.until !== null && stepHolds(rule.until, source),
    }))
    .filter(({ steps, until }) => steps.length > 0 || until);
  const matches = naiveMatches(planOf(rule, ids), residualOf(rule, ids), model);
  return matches.flatMap((match) => matchFound(match, life, records, model));
}

export function stepHolds(step: StepModel, { values }: EventModel): boolean {
  const valuesOf = (path: string) => values.get(path) ?? [];
  const isCategory = step.category === null || valuesOf("event.category").includes(step.category);
  if (!isCategory || !holds(step.condition, valuesOf)) return false;
  return !step.exceptions.some((condition) => holds(condition, valuesOf));
}

function eventsFound(
  rule: RuleModel,
  records: readonly ModelRecord[],
  from: number,
  to: number,
): Found[] {
  return records.slice(from, to).flatMap((record, offset) => {
    if (record.kind !== "event" || !stepHolds(rule.steps[0]!, record.event)) return [];
    const { json } = record.event;
    const alert = {
      ruleId: rule.id,
      timeNs: record.timeNs,
      keys: [],
      events: [json],
      isDegraded: false,
      last: json,
    };
    return [{ alert, rule, decidedAt: from + offset, lastAt: from + offset }];
  });
}

interface Sourced {
  readonly event: SequenceEvent;
  readonly source: EventModel;
}

/** Events as sequences see them; their order is their index among the records. */
function sequenceEvents(
  records: readonly ModelRecord[],
  from: number,
  to: number,
  fields: readonly FieldModel[],
): Sourced[] {
  return records.slice(from, to).flatMap((record, offset) => {
    if (record.kind !== "event") return [];
    const source = record.event;
    const textsOf = (field: FieldId): string[] =>
      (source.values.get(fields[field]!.path) ?? []).map(keyText);
    const event: SequenceEvent = {
      order: from + offset,
      timeNs: record.timeNs,
      keyTexts: textsOf,
      textId: () => -1,
      generation: 0,
      capture: (wanted) => new Map(wanted.map((field) => [field, textsOf(field)])),
      evidence: () => source.json,
    };
    return [{ event, source }];
  });
}

function planOf(rule: RuleModel, ids: ReadonlyMap<string, FieldId>): SequencePlan {
  const predicate = 0 as NodeId;
  const keysOf = ({ keys }: StepModel): KeyPlan[] =>
    keys.map(({ path, optional }) => ({ field: ids.get(path)!, optional, alwaysNull: false }));
  return {
    kind: "sequence",
    maxspanNs: rule.maxspanNs,
    until: rule.until === null ? null : { predicate, keys: keysOf(rule.until) },
    steps: rule.steps.map((step, index) => ({
      predicate,
      residual: step.earlier === null ? null : predicate,
      missing: step.missing,
      runs: step.runs,
      keys: keysOf(step),
      captures: rule.steps.flatMap(({ earlier }) =>
        earlier?.step === index ? [ids.get(earlier.earlierPath)!] : [],
      ),
    })),
  };
}

/** Whether one of the event's texts is one of the earlier event's. */
function residualOf(rule: RuleModel, ids: ReadonlyMap<string, FieldId>): Residual {
  return (step, captures: readonly (Captures | null)[], event) => {
    const { earlier } = rule.steps[step]!;
    if (earlier === null) return true;
    const before = captures[earlier.step]?.get(ids.get(earlier.earlierPath)!) ?? [];
    return event.keyTexts(ids.get(earlier.path)!).some((text) => before.includes(text));
  };
}

function matchFound(
  match: ModelMatch,
  { rule, to, isLast }: Life,
  records: readonly ModelRecord[],
  events: readonly ModelEvent[],
): Found[] {
  const orders = match.orders.filter((order) => order !== null);
  const lastAt = orders.at(-1)!;
  const [firstNs, lastNs] = [records[orders[0]!]!.timeNs, records[lastAt]!.timeNs];
  const { decidedNs } = match;
  // A missing event at the end may come as long as time has not passed the end of its span.
  const waits = rule.steps.at(-1)!.missing && !rule.steps[0]!.missing;
  const isAtOnce = decidedNs === lastNs && !waits;
  const decidedAt = isAtOnce ? lastAt : passedAt(records, lastAt, decidedNs);
  // The rule was gone before time had passed that moment.
  if (decidedAt >= to && !isLast) return [];
  const isLeading = rule.steps[0]!.missing && rule.maxspanNs !== null;
  const fromNs = isLeading ? lastNs - rule.maxspanNs! : firstNs;
  const isDegraded = records
    .slice(0, decidedAt)
    .some((it) => it.kind === "gap" && it.fromNs <= decidedNs && it.toNs >= fromNs);
  const jsonAt = new Map(events.map(({ event }) => [event.order, event.evidence()]));
  const texts = match.orders.map((order) => (order === null ? null : jsonAt.get(order)!));
  const alert = {
    ruleId: rule.id,
    timeNs: decidedNs,
    keys: match.keys,
    events: texts,
    isDegraded,
    last: jsonAt.get(lastAt)!,
  };
  return [{ alert, rule, decidedAt, lastAt }];
}

/** Index of the first record after `from` that is later than `timeNs`; the number of records where there is none. */
function passedAt(records: readonly ModelRecord[], from: number, timeNs: bigint): number {
  const index = records.findIndex((record, at) => at > from && record.timeNs > timeNs);
  return index === -1 ? records.length : index;
}

function samplesFound(
  rule: RuleModel,
  records: readonly ModelRecord[],
  events: readonly Sourced[],
  ids: ReadonlyMap<string, FieldId>,
): Found[] {
  const fields = rule.steps[0]!.keys.map(({ path }) => ids.get(path)!);
  const sampled = events.flatMap(({ event, source }) => {
    const filters = rule.steps.flatMap((step, index) => (stepHolds(step, source) ? [index] : []));
    const keys = combinations(fields.map((field) => [...new Set(event.keyTexts(field))]));
    return keys.map((key) => ({ event, filters, key: JSON.stringify(key) }));
  });
  const plan: SamplePlan = {
    kind: "sample",
    windowNs: rule.maxspanNs!,
    filters: rule.steps.map(() => ({ predicate: 0 as NodeId, keys: [] })),
  };
  return naiveFirings(plan, sampled).map(({ key, order }) => ({
    alert: {
      ruleId: rule.id,
      timeNs: records[order]!.timeNs,
      keys: JSON.parse(key) as string[],
      events: null,
      isDegraded: null,
      last: null,
    },
    rule,
    decidedAt: order,
    lastAt: order,
  }));
}

/** Takes out what falls into the window of an alert before it; windows begin anew with each stretch. */
function suppress(found: readonly Found[]): Found[] {
  const opened = new Map<string, bigint>();
  return found.filter(({ alert, rule }) => {
    if (rule.suppression === null) return true;
    const { by, windowNs } = rule.suppression;
    const key = JSON.stringify([rule.path, by.map((path) => valuesIn(alert.last!, path))]);
    const since = opened.get(key);
    if (since !== undefined && alert.timeNs - since <= windowNs) return false;
    opened.set(key, alert.timeNs);
    return true;
  });
}

/** Raw values of an event's JSON text; suppression knows no types. */
function valuesIn(json: string, path: string): string[] {
  const [head, member] = path.split(".");
  const event = JSON.parse(json) as Record<string, unknown>;
  const nested = event[head!] as Record<string, unknown> | undefined;
  const value = event[path] ?? nested?.[member!] ?? [];
  const list = (Array.isArray(value) ? value.flat() : [value]) as unknown[];
  return list.filter((item) => item !== null).map(String);
}
