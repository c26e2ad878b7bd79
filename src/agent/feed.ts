/** Live sources into one ordered stream of records: bus -> decode -> merge -> whoever takes them. */
import { type Clock, systemClock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import { Bus, type BusInput } from "../bus/bus.ts";
import { OrderedMerge, type TimedLine } from "../bus/ordered-merge.ts";
import type { Sieve } from "../bus/sieve.ts";
import type { LineItem } from "../collect/jsonl/line-splitter.ts";
import { quickTime } from "../collect/jsonl/quick-time.ts";
import { InputError } from "../collect/jsonl/read-bytes.ts";
import { type Heartbeat, SourceError, type SourceItem } from "../collect/source.ts";
import type { DecodedRecord, Rejection } from "../event/decode.ts";
import type { PiecedEvent } from "../event/pieced-event.ts";
import { CommandFailure } from "./failure.ts";
import { Intake } from "./intake.ts";
import type { RejectFile } from "./reject-file.ts";
import type { SourceStatus } from "./runtime.ts";

export interface FeedOptions {
  /** The feed closes them. */
  readonly inputs: readonly BusInput[];
  readonly limits: Limits;
  readonly sieve: Sieve | null;
  /** How long to gather events before they are evaluated, ms: fewer awakenings, later alerts. */
  readonly windowMs: number;
  readonly parse: (line: string) => DecodedRecord | Rejection;
  readonly rejects: RejectFile;
  readonly take: (record: DecodedRecord, timeNs: bigint) => void;
  /**
   * Takes an event that was not parsed; returns why it is none, or null. Where it is missing, all events are
   * parsed.
   */
  readonly scan?: ((event: string | PiecedEvent, timeNs: bigint) => Rejection | null) | undefined;
  /** Called after each portion, when no batch is half filled by a source; false ends the feed. */
  readonly settle: () => Promise<boolean>;
  readonly onProblem: (message: string) => void;
  /** The machine's unless given. */
  readonly clock?: Clock | undefined;
  /** Ends the feed: what the sources have given till then is taken first. */
  readonly signal: AbortSignal;
}

/** ms between two looks when nothing is held; sources give something in less. */
const idleMs = 250;

export class Feed {
  readonly #options: FeedOptions;
  readonly #clock: Clock;
  readonly #bus: Bus;
  readonly #merge: OrderedMerge;
  readonly #intakes: readonly Intake[];

  constructor(options: FeedOptions) {
    const { inputs, limits, sieve, rejects, onProblem } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#bus = new Bus(inputs, limits, sieve, this.#clock);
    this.#merge = new OrderedMerge(
      inputs.map(({ source }) => source.horizonMs),
      limits.busEvents,
      (record, timeNs) => {
        if (record.kind !== "line") options.take(record, timeNs);
        else this.#scan(record, timeNs);
      },
      inputs.map(({ source }) => source.tellsTime === true),
    );
    this.#intakes = inputs.map(
      ({ label }) => new Intake({ input: label, onProblem, rejects, parse: options.parse }),
    );
  }

  /**
   * Runs until all sources end. Where one can't be read any more, all are ended, what they have given is taken, and a
   * CommandFailure is thrown.
   */
  async run(): Promise<void> {
    const { settle, signal } = this.#options;
    try {
      this.#bus.start(signal);
      for (;;) {
        const portion = await this.#bus.next(this.#merge.waitMs(idleMs, this.#clock.monotonicMs()));
        if (portion === null) break;
        this.#takePortion(portion.input, portion.items);
        if (!(await settle())) break;
        if (portion.items.length > 0) await this.#pause(portion.items.length);
      }
      this.#merge.flush();
      if (this.#bus.failure !== null) throw this.#bus.failure.error;
    } catch (error) {
      const isFailure = error instanceof InputError || error instanceof SourceError;
      throw isFailure ? new CommandFailure(error.message, undefined, error) : error;
    } finally {
      this.#bus.stop();
      for (const { source } of this.#options.inputs) source.close();
    }
  }

  /** An event whose time can be told without parsing it; null for what has to be parsed. */
  #quickLine(source: number, item: SourceItem): TimedLine | null {
    if (this.#options.scan === undefined) return null;
    if (typeof item !== "string") {
      if (item.kind !== "pieces") return null;
      return { kind: "line", timeNs: item.timeNs, event: item, source };
    }
    // It may be a gap or a heartbeat.
    if (item.includes('"kestrel')) return null;
    const timeNs = quickTime(item);
    return timeNs === null ? null : { kind: "line", timeNs, event: item, source };
  }

  #scan({ event, source }: TimedLine, timeNs: bigint): void {
    const rejection = this.#options.scan?.(event, timeNs) ?? null;
    if (rejection === null) return;
    this.#intakes[source]!.reject(rejection, typeof event === "string" ? event : event.text());
  }

  /** Lets the sources work where there is more to do at once; after a small portion waits for the window. */
  async #pause(taken: number): Promise<void> {
    const { windowMs, limits, signal } = this.#options;
    if (windowMs > 0 && taken < limits.batchEvents && !signal.aborted) {
      await new Promise<void>((resolve) => this.#clock.after(windowMs, resolve));
    } else if (this.#bus.hasItems) {
      await this.#clock.turn();
    }
  }

  get rejected(): number {
    return this.#intakes.reduce((sum, { rejected }) => sum + rejected, 0);
  }

  get late(): number {
    return this.#merge.late;
  }

  /** Events that are held until their order is settled. */
  get held(): number {
    return this.#merge.held;
  }

  get brokenInputs(): readonly string[] {
    const { inputs } = this.#options;
    return inputs.flatMap(({ label }, index) => (this.#intakes[index]!.isBroken ? [label] : []));
  }

  get sources(): readonly SourceStatus[] {
    const { counters, waiting, open } = this.#bus;
    return this.#options.inputs.map(({ label, source }, index) => {
      const { received, overflowed, sieved, gaps } = counters[index]!;
      const lost = source.counters.dropped;
      return {
        spec: label,
        name: source.name,
        received: received + lost + this.#intakes[index]!.misjudged,
        lost,
        dropped: overflowed + sieved,
        filtered_in_kernel: source.counters.filteredInKernel,
        gaps: gaps + source.counters.gaps,
        waiting: waiting[index]!,
        open: open[index]!,
      };
    });
  }

  #takePortion(input: number, items: readonly SourceItem[]): void {
    const nowMs = this.#clock.monotonicMs();
    for (let index = 0; index < this.#intakes.length; index += 1) {
      if (this.#bus.isOver(index)) this.#merge.end(index);
    }
    for (const item of items) {
      if (typeof item !== "string" && item.kind === "heartbeat") {
        this.#merge.beat(input, item.timeNs, nowMs);
        continue;
      }
      const record = this.#quickLine(input, item) ?? this.#intakes[input]!.take(lineOf(item));
      if (record !== null) this.#merge.push(input, record, nowMs);
    }
    if (items.length > 0) return;
    for (let index = 0; index < this.#intakes.length; index += 1) {
      const isAsked = input === -1 || input === index;
      if (isAsked && !this.#bus.hasItemsOf(index)) this.#merge.idle(index, nowMs);
    }
  }
}

function lineOf(item: Exclude<SourceItem, Heartbeat>): LineItem {
  return typeof item !== "string" && item.kind === "pieces" ? item.text() : item;
}
