/** Puts lines into (time, arrival) order, in memory or, where they are many, on disk. */
import type { Limits } from "../../base/limits.ts";
import { comesBefore, type SortEntry, SortRuns } from "./sort-runs.ts";

/** A line and the time that it has in the order: its own, or one taken from its neighbours. */
export type SortedLine = Pick<SortEntry, "timeNs" | "input" | "text">;

/** Lines that came before any time was known; they get the first one. */
interface Untimed {
  readonly time: { ns: bigint | null };
  entries: SortEntry[];
}

/**
 * Takes lines in arrival order and holds their text only: values would cost several times as much,
 * and the garbage collector more than parsing does. A line without a time gets the time of the line
 * before it in its input, or the first time known where there is none before it. `close` must be
 * called.
 */
export class LineSorter {
  readonly #limits: Limits;
  readonly #folder: string | undefined;
  #entries: SortEntry[] = [];
  #untimed: Untimed | null = null;
  #runs: SortRuns | null = null;
  /** Bytes of text held in memory, counted as UTF-16 units. */
  #heldBytes = 0;
  #arrivals = 0;
  #input = 0;
  /** Time of the line before, in this input; in all inputs. */
  #inputNs: bigint | null = null;
  #lastNs: bigint | null = null;

  /** `folder` is where temporary files go: the system's folder for them unless given. */
  constructor(limits: Limits, folder?: string) {
    this.#limits = limits;
    this.#folder = folder;
  }

  /** Lines taken. */
  get count(): number {
    return this.#arrivals;
  }

  /** Whether lines had to go to disk. */
  get spilled(): boolean {
    return this.#runs !== null;
  }

  /** Throws what the file system says when a run can't be written. */
  add(text: string, ownNs: bigint | null): void {
    const arrival = this.#arrivals;
    const input = this.#input;
    this.#arrivals += 1;
    const timeNs = ownNs ?? this.#inputNs;
    if (timeNs === null) {
      this.#untimed ??= { time: { ns: null }, entries: [] };
      this.#untimed.entries.push({ timeNs: 0n, arrival, input, text });
    } else {
      this.#setTime(timeNs);
      this.#entries.push({ timeNs, arrival, input, text });
    }
    this.#heldBytes += text.length;
    if (this.#heldBytes > this.#limits.sortBytes) this.#spill();
  }

  /** The input that the lines came from has ended; the next line is of the next one. */
  endInput(): void {
    if (this.#untimed !== null && this.#lastNs !== null) this.#setTime(this.#lastNs);
    this.#inputNs = null;
    this.#input += 1;
  }

  /** All lines in order; called once, after the last line. */
  *sorted(): Generator<SortedLine> {
    this.#setTime(this.#lastNs ?? 0n);
    if (this.#runs === null) {
      yield* inOrder(this.#entries);
      return;
    }
    this.#spill();
    yield* this.#runs.merge();
  }

  /** Removes temporary files. */
  close(): void {
    this.#runs?.close();
  }

  #setTime(timeNs: bigint): void {
    this.#inputNs = timeNs;
    this.#lastNs = timeNs;
    if (this.#untimed === null) return;
    this.#untimed.time.ns = timeNs;
    for (const entry of this.#untimed.entries) this.#entries.push({ ...entry, timeNs });
    this.#untimed = null;
  }

  #spill(): void {
    this.#runs ??= new SortRuns(this.#folder);
    if (this.#entries.length > 0) this.#runs.add(inOrder(this.#entries));
    if (this.#untimed !== null && this.#untimed.entries.length > 0) {
      this.#runs.add(this.#untimed.entries, this.#untimed.time);
      this.#untimed.entries = [];
    }
    this.#entries = [];
    this.#heldBytes = 0;
  }
}

/** Sorts in place, unless it is in order already, as recordings mostly are. */
function inOrder(entries: SortEntry[]): SortEntry[] {
  for (let i = 1; i < entries.length; i += 1) {
    if (comesBefore(entries[i]!, entries[i - 1]!)) {
      return entries.sort((a, b) => (comesBefore(a, b) ? -1 : 1));
    }
  }
  return entries;
}
