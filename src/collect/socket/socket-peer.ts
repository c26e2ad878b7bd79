/** One connection to the event API: lines in, acknowledgements out. */
import type { Socket } from "node:net";
import type { Limits } from "../../base/limits.ts";
import { LineSplitter } from "../jsonl/line-splitter.ts";
import type { PeerCredentials } from "../linux/libc.ts";

/** Acknowledgements that may wait for a client before its lines are left unread. */
const answerBytes = 0x10000;

export interface SocketPeerOptions {
  readonly peer: PeerCredentials;
  readonly limits: Limits;
  /** Judges a line; null where it was accepted, else what is wrong with it. */
  readonly onLine: (line: string) => string | null;
  /** Called when lines came or the connection ended. */
  readonly onActivity: () => void;
}

export class SocketPeer {
  readonly credentials: PeerCredentials;
  readonly #socket: Socket;
  readonly #options: SocketPeerOptions;
  readonly #splitter: LineSplitter;
  /** Lines so far that were not blank; accepted ones; those that were handed over; that were acknowledged. */
  #lines = 0;
  #accepted = 0;
  #acknowledged = 0;
  #hasEnded = false;

  constructor(socket: Socket, options: SocketPeerOptions) {
    this.credentials = options.peer;
    this.#socket = socket;
    this.#options = options;
    this.#splitter = new LineSplitter(options.limits);
    socket.on("data", (bytes: Buffer) => {
      this.#take(this.#splitter.push(bytes));
      options.onActivity();
    });
    socket.on("end", () => {
      this.#take(this.#splitter.end());
      this.#hasEnded = true;
      options.onActivity();
    });
    socket.on("drain", options.onActivity);
  }

  /** Whether the client has not read its answers. */
  get isClogged(): boolean {
    return this.#socket.writableLength > answerBytes;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** All that was accepted has been handed over. */
  acknowledge(): void {
    if (this.#accepted > this.#acknowledged) this.#answer({ ack: this.#accepted });
    this.#acknowledged = this.#accepted;
    if (this.#hasEnded) this.#socket.end();
  }

  #take(items: ReturnType<LineSplitter["push"]>): void {
    for (const item of items) {
      this.#lines += 1;
      const reason = typeof item === "string" ? this.#options.onLine(item) : item.message;
      if (reason === null) this.#accepted += 1;
      else this.#answer({ line: this.#lines, rejected: reason });
    }
  }

  #answer(answer: object): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(answer)}\n`);
  }
}
