/** Where lines lie and when they happened: enough to go through files in the order of time. */
import { mergeRuns } from "./merge-runs.ts";

const startLines = 0x1000;

/**
 * Lines in arrival order. A line without a time gets the time of the line before it in its input, or the
 * first time known where there is none before it.
 */
export class LineIndex {
  /** Lines taken. */
  count: number = 0;
  #times: BigInt64Array = new BigInt64Array(startLines);
  #offsets: Float64Array = new Float64Array(startLines);
  #lengths: Uint32Array = new Uint32Array(startLines);
  #inputs: Uint32Array = new Uint32Array(startLines);
  /** The first of the lines at the end that have no time yet; -1 where there is none. */
  #untimed: number = -1;
  #input: number = 0;
  /** Time of the line before, in this input; in all inputs. */
  #inputNs: bigint | null = null;
  #lastNs: bigint | null = null;

  /** `offset` and `length` count bytes of the input at hand. */
  add(ownNs: bigint | null, offset: number, length: number): void {
    if (this.count === this.#lengths.length) this.#grow();
    const line = this.count;
    this.#offsets[line] = offset;
    this.#lengths[line] = length;
    this.#inputs[line] = this.#input;
    const timeNs = ownNs ?? this.#inputNs;
    if (timeNs === null) {
      if (this.#untimed === -1) this.#untimed = line;
    } else {
      this.#setTime(timeNs, line);
      this.#times[line] = timeNs;
    }
    this.count += 1;
  }

  /** The input has ended; the next line is of the next one. */
  endInput(): void {
    if (this.#lastNs !== null) this.#setTime(this.#lastNs, this.count);
    this.#inputNs = null;
    this.#input += 1;
  }

  /** The lines' numbers by (time, arrival); called once, after the last line. */
  inOrder(): Uint32Array {
    this.#setTime(this.#lastNs ?? 0n, this.count);
    const words = new Int32Array(this.#times.buffer);
    return mergeRuns(this.count, (a, b) => {
      const high = words[a * 2 + 1]! - words[b * 2 + 1]!;
      return high !== 0 ? high > 0 : words[a * 2]! >>> 0 > words[b * 2]! >>> 0;
    });
  }

  timeNs(line: number): bigint {
    return this.#times[line]!;
  }

  offset(line: number): number {
    return this.#offsets[line]!;
  }

  length(line: number): number {
    return this.#lengths[line]!;
  }

  input(line: number): number {
    return this.#inputs[line]!;
  }

  /** The lines without a time, up to `end`, get one. */
  #setTime(timeNs: bigint, end: number): void {
    this.#inputNs = timeNs;
    this.#lastNs = timeNs;
    if (this.#untimed === -1) return;
    this.#times.fill(timeNs, this.#untimed, end);
    this.#untimed = -1;
  }

  #grow(): void {
    const length = this.count * 2;
    const [times, offsets] = [new BigInt64Array(length), new Float64Array(length)];
    const [lengths, inputs] = [new Uint32Array(length), new Uint32Array(length)];
    times.set(this.#times);
    offsets.set(this.#offsets);
    lengths.set(this.#lengths);
    inputs.set(this.#inputs);
    [this.#times, this.#offsets] = [times, offsets];
    [this.#lengths, this.#inputs] = [lengths, inputs];
  }
}
