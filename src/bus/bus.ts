/**
 * The bounded queue between sources and the engine. Each source has a pump that pulls what it gives into
 * a queue of its own; the engine takes portions from all queues in turn. A source that can wait is made to;
 * of others, what comes while the bus is full is dropped, counted, and told by a gap record in its place.
 */
import { type Clock, systemClock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Source, SourceItem } from "../collect/source.ts";
import type { PiecedEvent } from "../event/pieced-event.ts";
import { Loss } from "./loss.ts";
import { isStreamRecord } from "./record-glance.ts";
import type { Sieve } from "./sieve.ts";

/** A source as it is plugged in. */
export interface BusInput {
  /** How it is named to people: the specification that opened it. */
  readonly label: string;
  readonly source: Source;
  /** Whether it keeps what is not pulled: a file does, the kernel does not. */
  readonly canWait: boolean;
}

/** What came of one source, or that it gave nothing for a while. */
export interface Portion {
  /** Index of the source. */
  readonly input: number;
  readonly items: readonly SourceItem[];
}

/** What went through the queue of one source; counts only go up. */
export interface QueueCounters {
  /** Events and lines that are none, dropped ones included; without gaps and heartbeats. */
  received: number;
  /** Dropped because the bus was full. */
  overflowed: number;
  /** Dropped by the sieve. */
  sieved: number;
  /** Gap records that the bus made of both. */
  gaps: number;
}

/** A source that can wait is not pulled while this many of its items are queued. */
const waitingItems = 4096;
/** A gap record of sieved events covers this much more, ms: what is sieved once is sieved for a while. */
const sieveAheadMs = 1000;

class Queue {
  readonly counters: QueueCounters = { received: 0, overflowed: 0, sieved: 0, gaps: 0 };
  readonly input: BusInput;
  /** A loss keeps the place of the gap record that it will have become by then. */
  items: (SourceItem | Loss)[] = [];
  /** Losses among them. */
  places: number = 0;
  /** Where the queue begins in `items`. */
  head: number = 0;
  /** Whether its source has come to its end. */
  ended: boolean = false;
  /** Whether the source said that nothing came, and nothing came since. */
  quiet: boolean = false;
  readonly overflow: Loss;
  readonly sieved: Loss;
  /** Called when there is room again. */
  wake: (() => void) | null = null;

  constructor(input: BusInput, clock: Clock) {
    this.input = input;
    const { name } = input.source;
    const wallNs = (): bigint => clock.wallNs();
    this.overflow = new Loss(`${name}/bus`, wallNs);
    this.sieved = new Loss(`${name}/governor`, wallNs, sieveAheadMs);
  }

  get length(): number {
    return this.items.length - this.head;
  }
}

export class Bus {
  readonly #queues: readonly Queue[];
  readonly #limits: Limits;
  readonly #sieve: Sieve | null;
  readonly #clock: Clock;
  #events = 0;
  #chars = 0;
  #next = 0;
  #arrived: (() => void) | null = null;
  /** Ends waits; it stays when something arrives, and fires for nothing then. */
  #timer: { readonly dueMs: number; readonly cancel: () => void } | null = null;
  #failure: { readonly error: unknown } | null = null;
  readonly #failed: AbortController = new AbortController();

  constructor(
    inputs: readonly BusInput[],
    limits: Limits,
    sieve: Sieve | null,
    clock: Clock = systemClock,
  ) {
    this.#queues = inputs.map((input) => new Queue(input, clock));
    this.#clock = clock;
    this.#limits = limits;
    this.#sieve = sieve;
  }

  /** By source, in the order given. */
  get counters(): readonly Readonly<QueueCounters>[] {
    return this.#queues.map(({ counters }) => counters);
  }

  /** Items queued of each source. */
  get waiting(): readonly number[] {
    return this.#queues.map((queue) => queue.length);
  }

  /** Whether something is queued. */
  get hasItems(): boolean {
    return this.#queues.some(({ length }) => length > 0);
  }

  hasItemsOf(input: number): boolean {
    return this.#queues[input]!.length > 0;
  }

  /** Whether a source has ended and all that it gave was taken. */
  isOver(input: number): boolean {
    const queue = this.#queues[input]!;
    return queue.ended && queue.length === 0;
  }

  /** Which sources still give events. */
  get open(): readonly boolean[] {
    return this.#queues.map(({ ended }) => !ended);
  }

  /** What a source threw first; null where none did. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  /** Pulls from all sources until they end; `signal` ends them, and so does a source that fails. */
  start(signal: AbortSignal): void {
    const either = AbortSignal.any([signal, this.#failed.signal]);
    for (const queue of this.#queues) {
      this.#pump(queue, either).catch((error: unknown) => {
        this.#failure ??= { error };
        this.#failed.abort();
      });
    }
  }

  /**
   * The next portion, of at most `limits.batchEvents` items; one without items where a source was quiet or
   * `waitMs` have passed (then `input` is -1). Null when all sources have ended and nothing is queued.
   */
  async next(waitMs: number): Promise<Portion | null> {
    const untilMs = this.#clock.monotonicMs() + waitMs;
    for (;;) {
      const portion = this.#take();
      if (portion !== null) return portion;
      if (this.#queues.every((queue) => queue.ended)) return null;
      if (this.#clock.monotonicMs() >= untilMs) return { input: -1, items: [] };
      await this.#arrival(untilMs);
    }
  }

  /** Nothing will be asked for any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #pump(queue: Queue, signal: AbortSignal): Promise<void> {
    const { source, canWait } = queue.input;
    try {
      for await (const items of source.items(signal)) {
        if (items.length === 0) queue.quiet = true;
        else this.#offer(queue, items);
        this.#arrived?.();
        // What came until the end is taken, however much it is.
        if (canWait && !signal.aborted) await this.#room(queue, signal);
      }
    } finally {
      source.close();
      this.#tellRest(queue);
      queue.ended = true;
      this.#arrived?.();
    }
  }

  #offer(queue: Queue, items: readonly SourceItem[]): void {
    queue.quiet = false;
    for (const item of items) {
      if (!isEvent(item)) {
        if (typeof item !== "string" && item.kind === "line-too-long") queue.counters.received += 1;
        this.#add(queue, item);
        continue;
      }
      queue.counters.received += 1;
      if (this.#sieve?.passes(item) === false) {
        queue.counters.sieved += 1;
        if (queue.sieved.add(item)) this.#keepPlace(queue, queue.sieved);
      } else if (this.#isFull && !queue.input.canWait) {
        queue.counters.overflowed += 1;
        if (queue.overflow.add(item)) this.#keepPlace(queue, queue.overflow);
      } else {
        this.#add(queue, item);
      }
    }
  }

  #add(queue: Queue, item: SourceItem): void {
    queue.items.push(item);
    this.#events += 1;
    this.#chars += charsOf(item);
  }

  #keepPlace(queue: Queue, loss: Loss): void {
    queue.items.push(loss);
    queue.places += 1;
  }

  /** At the end of a source: what no gap record tells of yet. */
  #tellRest(queue: Queue): void {
    if (queue.sieved.pending > 0) this.#keepPlace(queue, queue.sieved);
  }

  get #isFull(): boolean {
    return this.#events >= this.#limits.busEvents || this.#chars >= this.#limits.busBytes;
  }

  /** Sources take turns, so that none has to wait for another's backlog. */
  #take(): Portion | null {
    const count = this.#queues.length;
    for (let turn = 0; turn < count; turn += 1) {
      const input = (this.#next + turn) % count;
      const queue = this.#queues[input]!;
      if (queue.length > 0) {
        this.#next = input + 1;
        return { input, items: this.#remove(queue) };
      }
    }
    for (const [input, queue] of this.#queues.entries()) {
      if (!queue.quiet) continue;
      queue.quiet = false;
      return { input, items: [] };
    }
    return null;
  }

  #remove(queue: Queue): readonly SourceItem[] {
    const end = Math.min(queue.items.length, queue.head + this.#limits.batchEvents);
    const isAll = queue.head === 0 && end === queue.items.length;
    const taken = isAll ? queue.items : queue.items.slice(queue.head, end);
    queue.head = end;
    if (queue.head === queue.items.length) {
      queue.items = [];
      queue.head = 0;
    } else if (queue.head >= waitingItems && queue.head * 2 >= queue.items.length) {
      queue.items.splice(0, queue.head);
      queue.head = 0;
    }
    for (const item of taken) {
      if (item instanceof Loss) continue;
      this.#events -= 1;
      this.#chars -= charsOf(item);
    }
    const items = queue.places === 0 ? (taken as SourceItem[]) : this.#withGaps(queue, taken);
    if (!this.#isFull)
      for (const other of this.#queues) if (other.length < waitingItems) other.wake?.();
    return items;
  }

  /** With gap records in the places that were kept for them; none where an earlier place has told all. */
  #withGaps(queue: Queue, taken: readonly (SourceItem | Loss)[]): readonly SourceItem[] {
    const items: SourceItem[] = [];
    for (const item of taken) {
      if (!(item instanceof Loss)) {
        items.push(item);
        continue;
      }
      queue.places -= 1;
      const gap = item.take();
      if (gap === null) continue;
      queue.counters.gaps += 1;
      items.push(gap);
    }
    return items;
  }

  /** Resolves when the queue of a source that waits is short enough. */
  async #room(queue: Queue, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (queue.length >= waitingItems || this.#isFull)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          queue.wake = null;
          signal.removeEventListener("abort", wake);
          resolve();
        };
        queue.wake = wake;
        signal.addEventListener("abort", wake, { once: true });
      });
    }
  }

  /** Resolves when something arrived, at `untilMs` at the latest; perhaps earlier. */
  #arrival(untilMs: number): Promise<void> {
    if (this.#timer !== null && this.#timer.dueMs > untilMs) this.stop();
    this.#timer ??= {
      dueMs: untilMs,
      cancel: this.#clock.after(untilMs - this.#clock.monotonicMs(), () => {
        this.#timer = null;
        this.#arrived?.();
      }),
    };
    return new Promise((resolve) => {
      this.#arrived = () => {
        this.#arrived = null;
        resolve();
      };
    });
  }
}

function isEvent(item: SourceItem): item is string | PiecedEvent {
  return typeof item === "string" ? !isStreamRecord(item) : item.kind === "pieces";
}

/** Units of text that an item takes; what it shares with others is theirs as well. */
function charsOf(item: SourceItem): number {
  if (typeof item === "string") return item.length;
  return item.kind === "pieces" ? item.ownChars : 0;
}
