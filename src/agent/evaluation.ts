/** One pass of recorded events through the rules, and what it came to. */
import { Prng } from "../base/prng.ts";
import type { Costs } from "../engine/rule-costs.ts";
import type { Rejection } from "../event/decode.ts";
import type { Damage } from "../log/segment-file.ts";
import type { RejectFile } from "./reject-file.ts";
import type { ReplayOptions } from "./replay.ts";
import type { EvaluationTotals } from "./summary.ts";

export interface Evaluation {
  readonly totals: EvaluationTotals;
  readonly tally: InputTally;
  /** Computed when asked for; null where several engines shared the work. */
  readonly costs: (() => Costs) | null;
}

/** What was wrong with the inputs. */
export class InputTally {
  rejected: number = 0;
  /** Inputs that broke off, with what was wrong. */
  readonly brokenInputs: string[] = [];
  readonly problems: string[] = [];
  /** What could not be believed of logs. */
  damaged: number = 0;
  readonly #rejects: RejectFile;

  constructor(rejects: RejectFile) {
    this.#rejects = rejects;
  }

  /** Counts a line that is no event, and keeps it aside. */
  reject(rejection: Rejection, line: string | null, input: string): void {
    this.rejected += 1;
    this.#rejects.write(rejection, line, input);
  }

  /** Tells of a place in a log that can't be believed. */
  damage({ file, block, offset, why }: Damage): void {
    this.damaged += 1;
    const place = block === null ? "" : `block ${block}, `;
    this.problems.push(`${file}: ${place}offset ${offset}: ${why}`);
  }

  breakOff(message: string, input: string): void {
    this.brokenInputs.push(input);
    this.problems.push(message);
  }
}

/** Sizes of the batches: always the same, or random ones from a seed. */
export function batchSizes(
  options: Pick<ReplayOptions, "batchSize" | "seed" | "limits">,
): () => number {
  const largest = options.batchSize ?? options.limits.batchEvents;
  if (options.seed === undefined) return () => largest;
  const random = new Prng(options.seed);
  return () => 1 + random.int(largest);
}
