/** Lines in the order (time, arrival), with times of which those that were guessed are to be confirmed. */
import type { LineRanges } from "../../event/line-kernel.ts";

export interface TimedLines extends LineRanges {
  /** Times in ns since the epoch as words (low, high); those of lines with a time of their own may be guesses. */
  readonly times: Int32Array;
  /** 1 where a line surely has no time of its own: it has that of the line before in its input. */
  readonly untimed: Uint8Array;
}
