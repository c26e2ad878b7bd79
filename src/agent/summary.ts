/** What a run comes to: the object that `replay` and `run` print at their end. */
import type { AlertDigest } from "../alert/digest.ts";
import { type BlindRule, blindRules } from "../engine/blindness.ts";
import type { EngineCounters } from "../engine/engine.ts";
import type { LostSpan } from "../engine/gap-log.ts";
import type { BackendName } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { Sink } from "../sink/contract.ts";
import type { FlightReport } from "./flight/flight-recorder.ts";
import type { CostReport } from "./profile.ts";
import type { SourceStatus } from "./runtime.ts";

/** `events` = `evaluated` + `rejected` + `dropped`, always. */
export interface RunSummary {
  readonly events: number;
  readonly evaluated: number;
  readonly rejected: number;
  readonly dropped: number;
  /** Gap records in the input. */
  readonly gaps: number;
  /** Places in logs that could not be believed. */
  readonly damaged_blocks: number;
  /** Events that came after their time had passed. */
  readonly late: number;
  /** Candidates that wait for a missing event whose time had not passed. */
  readonly pending: number;
  readonly alerts: number;
  readonly suppressed: number;
  /** Alerts that a sink could not deliver. */
  readonly lost_alerts: number;
  /** See alert/digest.ts. */
  readonly digest: string;
  readonly backend: BackendName;
  readonly rules: number;
  readonly rule_pack_hash: string;
  readonly engine_version: string;
  readonly schema_version: string;
  readonly seconds: number;
  readonly events_per_second: number;
  /** Whether it was ended before the end of its input. */
  readonly interrupted: boolean;
  /** Inputs that broke off. */
  readonly broken_inputs: readonly string[];
  /** Rules that asked for events that may have been lost, and for how long. */
  readonly blind: readonly BlindRule[];
  /** The engine's own counters. */
  readonly counters: Readonly<Record<string, number>>;
  /** With `replay --profile`: what the rules cost. */
  readonly profile?: CostReport;
}

/** What `run` adds: where the events came from, and what that cost. */
export interface LiveSummary extends RunSummary {
  /** The sources, in the order given, joined by a comma. */
  readonly source: string;
  readonly filtered_in_kernel: number;
  /** From the moment the sources were attached. */
  readonly cpu_seconds: number;
  /** Resident memory at the end, MiB; the most that it was. */
  readonly rss_mb: number;
  readonly peak_rss_mb: number;
  /** From an event's own time to its alert's being handed to the sinks, by the wall clock; null without alerts. */
  readonly latency_ms: { readonly p50: number | null; readonly p99: number | null };
  readonly sources: readonly SourceStatus[];
  readonly reloads: number;
  /** With `--flight-recorder`. */
  readonly flight_recorder?: FlightReport;
}

/** What an evaluation has come to so far. */
export interface EvaluationTotals {
  /** Events that were evaluated; those that did not fit an empty batch. */
  readonly evaluated: number;
  readonly dropped: number;
  /** Over all alerts so far. */
  readonly digest: AlertDigest;
  readonly counters: EngineCounters;
  readonly lostSpans: readonly LostSpan[];
}

export interface SummaryParts {
  readonly totals: EvaluationTotals;
  readonly rules: RuleSet;
  readonly backend: BackendName;
  readonly engineVersion: string;
  readonly sinks: readonly Sink[];
  readonly rejected: number;
  /** Dropped on the way, before they could be evaluated. */
  readonly droppedBefore?: number;
  readonly late: number;
  readonly elapsedMs: number;
  readonly interrupted: boolean;
  readonly brokenInputs: readonly string[];
  readonly damaged?: number;
}

export function summarize(parts: SummaryParts): RunSummary {
  const { totals, rules } = parts;
  const counters: Readonly<Record<string, number>> = { ...totals.counters };
  const { evaluated } = totals;
  const dropped = totals.dropped + (parts.droppedBefore ?? 0);
  const events = evaluated + parts.rejected + dropped;
  const seconds = Math.max(parts.elapsedMs, 0.001) / 1000;
  return {
    events,
    evaluated,
    rejected: parts.rejected,
    dropped,
    gaps: counters["gaps"] ?? 0,
    damaged_blocks: parts.damaged ?? 0,
    late: parts.late,
    pending: counters["pending"] ?? 0,
    alerts: totals.digest.count,
    suppressed: counters["suppressed"] ?? 0,
    lost_alerts: parts.sinks.reduce((sum, sink) => sum + sink.counters.lost, 0),
    digest: totals.digest.hex(),
    backend: parts.backend,
    rules: rules.rules.length,
    rule_pack_hash: rules.packHash,
    engine_version: parts.engineVersion,
    schema_version: rules.schema.version,
    seconds: Math.round(seconds * 1000) / 1000,
    events_per_second: Math.round(events / seconds),
    interrupted: parts.interrupted,
    broken_inputs: parts.brokenInputs,
    blind: blindRules(rules, totals.lostSpans),
    counters,
  };
}
