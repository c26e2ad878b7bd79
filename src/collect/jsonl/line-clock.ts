/**
 * Times of lines as they come: guessed where that is possible, else read. A line without a time has that of the
 * line before it in its input, which is then read, since a guess may be of a line that is no event.
 */
import type { Rejection } from "../../event/decode.ts";
import type { LineRanges } from "../../event/line-kernel.ts";
import { type TimeCells, TimeGuesser } from "./guess-time.ts";

/** Reads a line for its time: null where it has none, or why it is no event. */
export type ReadTime = (bytes: Uint8Array, start: number, end: number) => bigint | null | Rejection;

/**
 * What is known of a line's time: `timed` is its own, guessed or read; `untimed` it surely has none; `unknown`
 * none and no line before it that would have one, or that can be looked up.
 */
export type LineTime = "timed" | "untimed" | "unknown" | Rejection;

export class LineClock {
  /** Lines that were asked for; of these the ones whose time was guessed. */
  asked: number = 0;
  guessed: number = 0;
  readonly #readTime: ReadTime;
  readonly #guesser: TimeGuesser = new TimeGuesser();
  #lines: LineRanges | null = null;
  /** Lines of these up to here are accounted for in `#inputNs`. */
  #certain: number = 0;
  /** Time of the line before in this input, as far as it has been read. */
  #inputNs: bigint | null = null;
  /** The last line of those before in this input, which may have another time; null where it was read. */
  #lastLine: Uint8Array | null = null;

  constructor(readTime: ReadTime) {
    this.#readTime = readTime;
  }

  /** The lines that come now are of another input. */
  beginInput(): void {
    this.#lines = null;
    this.#inputNs = null;
    this.#lastLine = null;
  }

  /** The lines that are asked for now, in their order. Those before must still lie where they were. */
  begin(lines: LineRanges): void {
    this.#lines = lines;
    this.#certain = 0;
    this.#guesser.begin(lines.bytes);
  }

  /** To be called after the last of the lines, before their memory changes. */
  end(): void {
    const { bytes, starts, ends, count } = this.#lines!;
    if (count <= this.#certain) return;
    this.#lastLine = new Uint8Array(bytes.subarray(starts[count - 1]!, ends[count - 1]!));
  }

  /** Writes the time of a line to `cells`, unless it is unknown or the line is rejected. */
  read(line: number, cells: TimeCells, index: number): LineTime {
    const { bytes, starts, ends } = this.#lines!;
    const [start, end] = [starts[line]!, ends[line]!];
    this.asked += 1;
    if (this.#guesser.guess(start, end, cells, index)) {
      this.guessed += 1;
      return "timed";
    }
    const result = this.#readTime(bytes, start, end);
    if (typeof result === "object" && result !== null) return result;
    const timeNs = result ?? this.#timeBefore(line);
    if (timeNs === null) return "unknown";
    cells.longs[index] = timeNs;
    if (result !== null) return "timed";
    this.#certain = line + 1;
    return "untimed";
  }

  /** The time of the last event before a line. */
  #timeBefore(line: number): bigint | null {
    const { bytes, starts, ends } = this.#lines!;
    for (let before = line - 1; before >= this.#certain; before -= 1) {
      const result = this.#readTime(bytes, starts[before]!, ends[before]!);
      if (typeof result === "bigint") return this.#know(result);
    }
    if (this.#lastLine === null) return this.#inputNs;
    const result = this.#readTime(this.#lastLine, 0, this.#lastLine.length);
    return typeof result === "bigint" ? this.#know(result) : null;
  }

  #know(timeNs: bigint): bigint {
    this.#inputNs = timeNs;
    this.#lastLine = null;
    return timeNs;
  }
}
