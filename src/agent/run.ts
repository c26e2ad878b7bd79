/** Live sources through rules: bus -> order -> log -> batches -> engine -> sinks. */
import type { Alert } from "../alert/alert.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { BusInput } from "../bus/bus.ts";
import type { Sieve } from "../bus/sieve.ts";
import { interestOf } from "../engine/interest.ts";
import type { Rejection } from "../event/decode.ts";
import type { PiecedEvent } from "../event/pieced-event.ts";
import type { LogWriter } from "../log/log-writer.ts";
import type { Backend } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { Sink } from "../sink/contract.ts";
import { CommandFailure } from "./failure.ts";
import { Feed } from "./feed.ts";
import type { FlightRecorder } from "./flight/flight-recorder.ts";
import { LiveEngine } from "./live-engine.ts";
import { Meter } from "./meter.ts";
import { openRejectFile, type RejectFile } from "./reject-file.ts";
import { Reloader } from "./reloader.ts";
import type { ReloadReport, RunStatus, Runtime } from "./runtime.ts";
import { statusOf } from "./status.ts";
import { type LiveSummary, summarize } from "./summary.ts";

export interface RunOptions {
  /** Sources that are attached; the run closes them. */
  readonly inputs: readonly BusInput[];
  readonly rules: RuleSet;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly engineVersion: string;
  /** Where alerts go; whoever opened them closes them. */
  readonly sinks: readonly Sink[];
  readonly rejectFile?: string | undefined;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  readonly onProblem: (message: string) => void;
  /** Where records go before the engine sees them; it is closed at the end. */
  readonly log?: LogWriter | undefined;
  /** Keeps the last events, for slices of them around alerts; it is closed at the end. */
  readonly flight?: FlightRecorder | undefined;
  /** What is given up on purpose. */
  readonly sieve?: Sieve | undefined;
  /** How long to gather events before they are evaluated, ms; 0 unless given. */
  readonly windowMs?: number | undefined;
  /** Loads and compiles the rules anew for a reload; throws where they can't be used. */
  readonly loadRules?: (() => Promise<LoadedRuleSet>) | undefined;
  /** Errors of rules that were left out of `rules`: a reload with others is refused. */
  readonly ruleErrors: readonly string[];
  /** Called when new rules are in use. */
  readonly onRules?: ((rules: RuleSet) => void) | undefined;
  /** The machine's unless given. */
  readonly clock?: Clock | undefined;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/** Rules that were loaded for a reload, and the errors of those that were left out. */
export interface LoadedRuleSet {
  readonly rules: RuleSet;
  readonly errors: readonly string[];
}

/** Begins a run. `ended` rejects with a CommandFailure where a source can't be read at all. */
export function startRun(options: RunOptions): Runtime {
  return new Run(options);
}

/** Whether events need not be parsed before the scanner reads them: a log wants their values. */
function isPlain({ log, timestampField, timestampUnit }: RunOptions): boolean {
  return log === undefined && timestampField === undefined && timestampUnit === undefined;
}

/** Between two looks at the processor time that was used, ms. */
const governMs = 100;

class Run implements Runtime {
  readonly ended: Promise<LiveSummary>;
  readonly #options: RunOptions;
  readonly #clock: Clock;
  readonly #engine: LiveEngine;
  readonly #feed: Feed;
  readonly #meter: Meter;
  readonly #rejects: RejectFile;
  readonly #reloader: Reloader;
  readonly #end: AbortController = new AbortController();
  readonly #signal: AbortSignal;
  /** Whether an alert was raised since the sinks were flushed. */
  #hasAlerts: boolean = false;
  #governedMs: number = Number.NEGATIVE_INFINITY;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { log, flight } = options;
    this.#signal = AbortSignal.any([options.signal, this.#end.signal]);
    this.#engine = new LiveEngine({
      ...options,
      onAlert: (alert, rules) => this.#raise(flight?.begin(alert, rules) ?? alert),
      onLineage: flight && ((record) => flight.addLineage(record)),
    });
    this.#rejects = openRejectFile(options.rejectFile);
    this.#reloader = new Reloader(this.#engine, {
      ...options,
      beforeSwap: (rules) => {
        const interest = interestOf(rules);
        for (const { source } of options.inputs) source.setInterest?.(interest);
      },
    });
    this.#feed = new Feed({
      ...options,
      sieve: options.sieve ?? null,
      windowMs: options.windowMs ?? 0,
      signal: this.#signal,
      rejects: this.#rejects,
      parse: (line) => this.#engine.parse(line),
      take: (record, timeNs) => {
        log?.write(record, timeNs);
        flight?.addRecord(record, timeNs);
        this.#engine.push(record, timeNs);
        this.#reloader.timeNs = timeNs;
      },
      scan: isPlain(options) ? (event, timeNs) => this.#scan(event, timeNs) : undefined,
      settle: () => this.#settle(),
    });
    this.#meter = new Meter(this.#clock);
    this.ended = this.#run();
  }

  status(): RunStatus {
    const shedding = this.#options.sieve?.shedding ?? [];
    const flight = this.#options.flight?.report;
    const { reloads } = this.#reloader;
    return statusOf(this.#engine, this.#feed, { meter: this.#meter, reloads, shedding, flight });
  }

  reload(): Promise<ReloadReport> {
    return this.#reloader.ask();
  }

  stop(): void {
    this.#end.abort();
  }

  #scan(event: string | PiecedEvent, timeNs: bigint): Rejection | null {
    this.#reloader.timeNs = timeNs;
    const rejection = this.#engine.scan(event, timeNs);
    if (rejection === null) {
      this.#options.flight?.add(typeof event === "string" ? event : event.parts(), timeNs);
    }
    return rejection;
  }

  #raise(alert: Alert): void {
    this.#hasAlerts = true;
    for (const sink of this.#options.sinks) sink.write(alert);
    this.#meter.alert(alert.timeNs);
  }

  /** After each portion: nothing waits in a half filled batch, and rules change only here. */
  async #settle(): Promise<boolean> {
    const { log, sinks, sieve, flight } = this.#options;
    log?.tick();
    this.#engine.flush();
    this.#reloader.settle();
    if (this.#hasAlerts) {
      this.#hasAlerts = false;
      await Promise.all(sinks.map((sink) => sink.flush()));
    }
    const nowMs = this.#clock.monotonicMs();
    flight?.tick(nowMs);
    this.#meter.tick(this.#engine.evaluated, nowMs);
    if (sieve !== undefined && nowMs - this.#governedMs >= governMs) {
      this.#governedMs = nowMs;
      sieve.tick(this.#meter.cpuMs, nowMs);
    }
    return true;
  }

  async #run(): Promise<LiveSummary> {
    const startMs = this.#clock.monotonicMs();
    try {
      await this.#evaluate();
    } finally {
      this.#options.log?.close();
      this.#options.flight?.close();
      this.#rejects.close();
      this.#reloader.close();
    }
    return this.#summary(this.#clock.monotonicMs() - startMs);
  }

  /** What was received is evaluated and delivered to the end, also where a source fails. */
  async #evaluate(): Promise<void> {
    const { sinks } = this.#options;
    let failure: CommandFailure | null = null;
    try {
      await this.#feed.run();
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      failure = error;
    }
    this.#engine.finish();
    await Promise.all(sinks.map((sink) => sink.flush()));
    if (failure !== null) throw failure;
  }

  #summary(elapsedMs: number): LiveSummary {
    const { inputs, backend, engineVersion, sinks, flight } = this.#options;
    const sources = this.#feed.sources;
    const dropped = sources.reduce((sum, source) => sum + source.lost + source.dropped, 0);
    const summary = summarize({
      totals: this.#engine,
      droppedBefore: dropped,
      rules: this.#engine.rules,
      backend: backend.name,
      engineVersion,
      sinks,
      rejected: this.#feed.rejected,
      late: this.#feed.late,
      elapsedMs,
      interrupted: this.#signal.aborted,
      brokenInputs: this.#feed.brokenInputs,
    });
    return {
      source: inputs
        .map(({ label, source }) => (source.name === "jsonl" ? `jsonl:${label}` : label))
        .join(","),
      ...summary,
      filtered_in_kernel: sources.reduce((sum, source) => sum + source.filtered_in_kernel, 0),
      ...this.#meter.totals,
      sources,
      reloads: this.#reloader.reloads,
      ...(flight === undefined ? {} : { flight_recorder: flight.report }),
    };
  }
}
