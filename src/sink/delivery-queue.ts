/** Alerts on their way to a receiver that may be slow or away: bounded, retried, never in the engine's way. */
import type { Alert } from "../alert/alert.ts";
import { Prng } from "../base/prng.ts";
import type { AlertFormat, Sink } from "./contract.ts";
import { Spool } from "./spool.ts";

/** Sends records in one go. Rejects where they did not arrive; `RefusedError` where they never will. */
export type Deliver = (records: readonly string[], signal: AbortSignal) => Promise<void>;

/** The receiver takes none of these records, however often they are sent. */
export class RefusedError extends Error {}

export interface DeliveryOptions {
  readonly format: AlertFormat;
  readonly deliver: Deliver;
  /** Bytes that may wait; an alert beyond them is lost. */
  readonly queueBytes: number;
  /** Folder that keeps what waits over a restart; in memory where there is none. */
  readonly spoolFolder?: string | undefined;
  readonly batchAlerts?: number;
  /** How long one delivery may take, ms. */
  readonly timeoutMs?: number;
  /** The first and the longest time between two attempts, ms. Each is spread by half at random. */
  readonly backoffMs?: readonly [first: number, longest: number];
  /** How long `flush` waits at most, ms: 0 unless given, since a run flushes at each portion. */
  readonly flushMs?: number;
  /** How long `close` goes on trying, ms. */
  readonly closeMs?: number;
  /** Of the spread of attempts, so that agents don't all come at once. */
  readonly seed: number;
  /** Told when the receiver can't be reached, and when it can again. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Called once all is delivered or given up. */
  readonly onClose?: (() => void) | undefined;
}

type Defaults = Required<
  Pick<DeliveryOptions, "batchAlerts" | "timeoutMs" | "flushMs" | "closeMs">
>;

const defaults: Defaults = { batchAlerts: 500, timeoutMs: 10_000, flushMs: 0, closeMs: 5000 };
const defaultBackoffMs = [500, 60_000] as const;

/** Throws what the file system says where the spool folder can't be used. */
export function openDeliveryQueue(options: DeliveryOptions): Sink {
  return new DeliveryQueue(options);
}

class DeliveryQueue implements Sink {
  readonly counters: { written: number; lost: number } = { written: 0, lost: 0 };
  readonly #options: DeliveryOptions & Defaults;
  readonly #random: Prng;
  readonly #spool: Spool;
  readonly #end: AbortController = new AbortController();
  #isOpen = true;
  #isRunning = false;
  #failures = 0;
  #idle: (() => void)[] = [];
  #wake: () => void = () => undefined;

  constructor(options: DeliveryOptions) {
    this.#options = { ...defaults, ...options };
    this.#random = new Prng(options.seed);
    this.#spool = new Spool(options.queueBytes, options.spoolFolder);
    this.#start();
  }

  write(alert: Alert): void {
    if (!this.#isOpen || !this.#spool.push(this.#options.format(alert))) {
      this.counters.lost += 1;
      return;
    }
    this.#start();
  }

  async flush(): Promise<void> {
    this.#spool.sync();
    const { flushMs } = this.#options;
    if (flushMs > 0) await this.#drained(flushMs);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#wake();
    await this.#drained(this.#options.closeMs);
    this.#end.abort();
    this.#wake();
    await this.#drained(Number.POSITIVE_INFINITY);
    // What a folder keeps is sent by the next run.
    this.counters.lost += this.#spool.close();
    this.#options.onClose?.();
  }

  /** Resolves when nothing is being sent any more, at the latest after `ms`. */
  async #drained(ms: number): Promise<void> {
    if (!this.#isRunning) return;
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #start(): void {
    if (this.#isRunning || this.#spool.isEmpty) return;
    this.#isRunning = true;
    setImmediate(() => {
      // What may reject is caught inside.
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    while (!this.#spool.isEmpty && !this.#end.signal.aborted) {
      const records = this.#spool.peek(this.#options.batchAlerts);
      try {
        await this.#options.deliver(records, this.#limit());
        this.#settle(records.length, true);
      } catch (error) {
        if (error instanceof RefusedError) this.#settle(records.length, false, error.message);
        else await this.#wait((error as Error).message);
      }
    }
    this.#isRunning = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #limit(): AbortSignal {
    return AbortSignal.any([this.#end.signal, AbortSignal.timeout(this.#options.timeoutMs)]);
  }

  #settle(count: number, isDelivered: boolean, why: string = ""): void {
    if (this.#failures > 0 && isDelivered) this.#options.onNotice?.("the receiver is back");
    if (isDelivered) this.counters.written += count;
    else {
      this.counters.lost += count;
      this.#options.onNotice?.(`${count} alerts were refused: ${why}`);
    }
    this.#failures = 0;
    this.#spool.drop(count);
  }

  /** Waits before the next attempt: twice as long each time, less up to a half at random. */
  async #wait(why: string): Promise<void> {
    if (this.#end.signal.aborted) return;
    if (this.#failures === 0) this.#options.onNotice?.(`the receiver can't be reached: ${why}`);
    const [first, longest] = this.#options.backoffMs ?? defaultBackoffMs;
    const fullMs = Math.min(longest, first * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, fullMs * (0.5 + this.#random.float() / 2));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
