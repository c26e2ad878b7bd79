/** The engine of a live run: one pipeline at a time, which a reload replaces; what all of them counted stays. */
import type { Alert } from "../alert/alert.ts";
import { AlertDigest } from "../alert/digest.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { Engine, EngineCounters, EngineOptions } from "../engine/engine.ts";
import type { LostSpan } from "../engine/gap-log.ts";
import type { DecodedRecord, Rejection } from "../event/decode.ts";
import type { PiecedEvent } from "../event/pieced-event.ts";
import type { Backend } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import { LineBytes, type PlacedLine } from "./line-bytes.ts";
import { Pipeline } from "./pipeline.ts";
import type { EvaluationTotals } from "./summary.ts";

export interface LiveEngineOptions {
  readonly rules: RuleSet;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly engineVersion: string;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  /** As the engine's. */
  readonly onLineage?: EngineOptions["onLineage"];
  /** `rules` is the set that raised it. */
  readonly onAlert: (alert: Alert, rules: RuleSet) => void;
}

export class LiveEngine implements EvaluationTotals {
  readonly digest: AlertDigest = new AlertDigest();
  readonly #options: LiveEngineOptions;
  readonly #lines: LineBytes = new LineBytes();
  #rules: RuleSet;
  #pipeline: Pipeline;
  /** Of pipelines that were replaced. */
  #evaluated = 0;
  #dropped = 0;
  #counters: EngineCounters | null = null;

  constructor(options: LiveEngineOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#pipeline = this.#open(options.rules);
  }

  get rules(): RuleSet {
    return this.#rules;
  }

  get pipeline(): Pipeline {
    return this.#pipeline;
  }

  get evaluated(): number {
    return this.#evaluated + this.#pipeline.evaluated;
  }

  get dropped(): number {
    return this.#dropped + this.#pipeline.dropped;
  }

  get counters(): EngineCounters {
    return addCounters(this.#counters, this.#pipeline.counters);
  }

  /** An engine that goes on from another one remembers what that one lost. */
  get lostSpans(): readonly LostSpan[] {
    return this.#pipeline.lostSpans;
  }

  parse(line: string): DecodedRecord | Rejection {
    return this.#pipeline.parse(line);
  }

  push(record: DecodedRecord, timeNs: bigint): void {
    this.#pipeline.push(record, timeNs);
  }

  /** Takes an event with its final time, without parsing it first; returns why it is none, or null. */
  scan(event: string | PiecedEvent, timeNs: bigint): Rejection | null {
    if (typeof event !== "string" && this.#tookPieces(event, timeNs)) return null;
    const { bytes, start, end } = this.#place(typeof event === "string" ? event : event.text());
    return this.#pipeline.scanTimed(bytes, start, end, timeNs);
  }

  /** False where the event's whole text has to be scanned. */
  #tookPieces(event: PiecedEvent, timeNs: bigint): boolean {
    const pipeline = this.#pipeline;
    if (pipeline.takesValues(event)) return pipeline.scanValues(event, timeNs);
    const { bytes, start, end } = this.#place(event.own(pipeline.isNamed));
    return pipeline.scanPieces(event, bytes, start, end, timeNs);
  }

  #place(text: string): PlacedLine {
    if (!this.#lines.fits(text)) {
      this.flush();
      this.#lines.makeRoom(text);
    }
    return this.#lines.put(text);
  }

  flush(): void {
    this.#pipeline.flush();
    this.#lines.clear();
  }

  finish(): void {
    this.#pipeline.finish();
  }

  /**
   * Goes on with other rules, and with the partial matches of those that are unchanged. What was pushed is
   * evaluated by the old ones first, and their alerts that wait for time to move on are raised.
   */
  swap(rules: RuleSet): void {
    const old = this.#pipeline;
    old.finish();
    const next = this.#open(rules, old.engine);
    this.#evaluated += old.evaluated;
    this.#dropped += old.dropped;
    this.#counters = addCounters(this.#counters, { ...old.counters, pending: 0 });
    this.#rules = rules;
    this.#pipeline = next;
  }

  #open(rules: RuleSet, before?: Engine): Pipeline {
    const { limits, onAlert } = this.#options;
    return new Pipeline({
      ...this.#options,
      rules,
      before,
      digest: this.digest,
      nextBatchSize: () => limits.batchEvents,
      onAlert: (alert) => onAlert(alert, rules),
    });
  }
}

function addCounters(before: EngineCounters | null, now: EngineCounters): EngineCounters {
  if (before === null) return now;
  return {
    events: before.events + now.events,
    gaps: before.gaps + now.gaps,
    heartbeats: before.heartbeats + now.heartbeats,
    lost: before.lost + now.lost,
    alerts: before.alerts + now.alerts,
    suppressed: before.suppressed + now.suppressed,
    evicted: before.evicted + now.evicted,
    pending: before.pending + now.pending,
  };
}
