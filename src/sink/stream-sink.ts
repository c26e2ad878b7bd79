/** Alerts to a stream such as standard output. */
import type { Writable } from "node:stream";
import type { Alert } from "../alert/alert.ts";
import type { AlertFormat, Sink } from "./contract.ts";

export interface StreamSinkOptions {
  readonly format: AlertFormat;
  /** Called once when the stream fails, for example because its reader went away (EPIPE). */
  readonly onFailure?: (error: Error) => void;
}

/** A sink over `stream`, which stays open: whoever gave it closes it. */
export function openStreamSink(stream: Writable, options: StreamSinkOptions): Sink {
  return new StreamSink(stream, options);
}

class StreamSink implements Sink {
  readonly counters: { written: number; lost: number } = { written: 0, lost: 0 };
  readonly #stream: Writable;
  readonly #options: StreamSinkOptions;
  readonly #onError: (error: Error) => void;
  #open = true;
  #failed = false;
  #waiting = 0;
  readonly #wake: (() => void)[] = [];

  constructor(stream: Writable, options: StreamSinkOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#onError = (error) => this.#fail(error);
    stream.on("error", this.#onError);
  }

  write(alert: Alert): void {
    if (!this.#open || this.#failed || !this.#stream.writable) {
      this.counters.lost += 1;
      return;
    }
    this.#waiting += 1;
    this.#stream.write(this.#options.format(alert), (error) => this.#settle(error ?? null));
  }

  async flush(): Promise<void> {
    if (this.#waiting === 0) return;
    await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.flush();
    // A failed stream keeps its listener: an error without one would stop the program.
    if (!this.#failed) this.#stream.off("error", this.#onError);
  }

  #settle(error: Error | null): void {
    this.#waiting -= 1;
    if (error === null) this.counters.written += 1;
    else this.counters.lost += 1;
    if (error !== null) this.#fail(error);
    if (this.#waiting > 0) return;
    for (const resolve of this.#wake.splice(0)) resolve();
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure?.(error);
  }
}
