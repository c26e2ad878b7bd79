/** Lines that were no events, told in the order in which they came, though they show in another. */
import type { LineProblem } from "../collect/jsonl/line-splitter.ts";
import type { Rejection } from "../event/decode.ts";
import type { InputTally } from "./evaluation.ts";

interface Refusal {
  readonly rejection: Rejection;
  readonly text: string | null;
  readonly input: string;
  /** Its place among the lines in the order of arrival. */
  readonly arrival: number;
}

export class Refusals {
  /** UTF-16 units of the lines that wait. */
  units: number = 0;
  readonly #tally: InputTally;
  readonly #waiting: Refusal[] = [];

  constructor(tally: InputTally) {
    this.#tally = tally;
  }

  /** The line `bytes[start, end)`, which came as the `arrival`th; of equal ones the first told is the first. */
  add(
    rejection: Rejection,
    {
      bytes,
      start,
      end,
      input,
    }: {
      readonly bytes: Uint8Array;
      readonly start: number;
      readonly end: number;
      readonly input: string;
    },
    arrival: number,
  ): void {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
    this.units += text.length;
    this.#waiting.push({ rejection, text, input, arrival });
  }

  /** What was among the lines of an input, before the `arrival`th. */
  addProblems(problems: readonly LineProblem[], input: string, arrival: number): void {
    for (const { kind, message } of problems) {
      if (kind === "broken-input") this.#tally.breakOff(message, input);
      else {
        const rejection = { kind: "rejected", code: kind, message } as const;
        this.#waiting.push({ rejection, text: null, input, arrival: arrival - 0.5 });
      }
    }
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Tells of what came before a line. */
  tell(arrival: number): void {
    const waiting = this.#waiting.sort((a, b) => a.arrival - b.arrival);
    const later = waiting.findIndex((refusal) => refusal.arrival >= arrival);
    for (const refusal of waiting.splice(0, later === -1 ? waiting.length : later)) {
      this.#tally.reject(refusal.rejection, refusal.text, refusal.input);
      this.units -= refusal.text?.length ?? 0;
    }
  }
}
