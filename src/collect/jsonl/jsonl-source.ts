/** A growing file of JSON lines, or standard input, as a live source. */
import type { Limits } from "../../base/limits.ts";
import type { Source, SourceCounters } from "../source.ts";
import { followLines } from "./follow.ts";
import type { LineItem } from "./line-splitter.ts";

/** Lines of a file may be this much out of order, ms. */
const horizonMs = 1000;

export interface JsonlSourceOptions {
  readonly limits: Limits;
  /** Called when the file was cut off or replaced by another one. */
  readonly onNotice: (message: string) => void;
}

/** Loses nothing: what is not pulled stays in the file. */
export class JsonlSource implements Source {
  readonly name = "jsonl";
  readonly horizonMs: number = horizonMs;
  readonly counters: SourceCounters = { received: 0, dropped: 0, filteredInKernel: 0, gaps: 0 };
  readonly #path: string;
  readonly #options: JsonlSourceOptions;
  readonly #end: AbortController = new AbortController();

  /** `path` is opened when the items are asked for; `-` is standard input. */
  constructor(path: string, options: JsonlSourceOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Throws an InputError where the file can't be opened at first. */
  async *items(signal: AbortSignal): AsyncGenerator<readonly LineItem[]> {
    const { limits, onNotice } = this.#options;
    const either = AbortSignal.any([signal, this.#end.signal]);
    for await (const items of followLines(this.#path, { limits, signal: either, onNotice })) {
      this.counters.received += items.length;
      yield items;
    }
  }

  close(): void {
    this.#end.abort();
  }
}
