/** Threads that the main thread starts, and the one place where it hears them all. */
import { Worker } from "node:worker_threads";

/** A message with the number of the thread that it came from. */
export interface Received<Message> {
  readonly from: number;
  readonly message: Message;
}

/** Whoever made it calls `close`, after which no thread is left. */
export class Inbox<Message> {
  readonly #isLast: (message: Message) => boolean;
  readonly #threads: Worker[] = [];
  /** Threads that have said their last or were told to end: what becomes of them is of no interest. */
  readonly #done: Set<number> = new Set();
  readonly #received: Received<Message>[] = [];
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  /** `isLast` tells a message after which a thread may end. */
  constructor(isLast: (message: Message) => boolean) {
    this.#isLast = isLast;
  }

  /** Starts a thread from a module, with data that can be cloned. Returns its number, from 0 on. */
  start(module: URL, data: unknown): number {
    const thread = new Worker(module, { workerData: data });
    const from = this.#threads.length;
    this.#threads.push(thread);
    thread.on("message", (message: Message) => {
      if (this.#isLast(message)) this.#done.add(from);
      this.#received.push({ from, message });
      this.#wake();
    });
    thread.on("messageerror", (error) => this.#fail(from, error));
    thread.on("error", (error) => this.#fail(from, error));
    // What it had sent has been received by then.
    thread.on("exit", (code) => {
      this.#fail(from, new Error(`a thread ended early, with code ${code}`));
    });
    return from;
  }

  send(to: number, message: unknown): void {
    this.#threads[to]!.postMessage(message);
  }

  /**
   * The next message of any thread; null when `signal` is aborted. Rejects with what went wrong in a
   * thread, whichever it was.
   */
  async next(signal?: AbortSignal): Promise<Received<Message> | null> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error;
      if (signal?.aborted === true) return null;
      const received = this.#received.shift();
      if (received !== undefined) return received;
      await this.#change(signal);
    }
  }

  /** Ends a thread, whatever it does. */
  async end(number: number): Promise<void> {
    this.#done.add(number);
    await this.#threads[number]!.terminate();
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((_, number) => this.end(number)));
  }

  async #change(signal: AbortSignal | undefined): Promise<void> {
    let stop: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      stop = resolve;
      this.#wake = resolve;
      signal?.addEventListener("abort", stop, { once: true });
    });
    signal?.removeEventListener("abort", stop);
  }

  #fail(from: number, error: unknown): void {
    if (this.#done.has(from)) return;
    this.#failure ??= { error };
    this.#wake();
  }
}
