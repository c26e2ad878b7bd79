/** Lines of a live source, as they come, to records on their way into order. */
import { monotonicMs } from "../base/clock.ts";
import type { LineItem } from "../collect/jsonl/line-splitter.ts";
import type { DecodedRecord, Rejection } from "../event/decode.ts";
import type { LiveOrder } from "./live-order.ts";
import type { RejectFile } from "./reject-file.ts";

export interface IntakeOptions {
  readonly input: string;
  readonly onProblem: (message: string) => void;
}

export type ParseLine = (line: string) => DecodedRecord | Rejection;

/** Decodes lines and hands the records on. */
export class Intake {
  rejected: number = 0;
  /** Whether the input broke off. */
  isBroken: boolean = false;
  readonly #options: IntakeOptions;
  readonly #parse: ParseLine;
  readonly #order: LiveOrder;
  readonly #rejects: RejectFile;

  constructor(options: IntakeOptions, parse: ParseLine, order: LiveOrder, rejects: RejectFile) {
    this.#options = options;
    this.#parse = parse;
    this.#order = order;
    this.#rejects = rejects;
  }

  take(item: LineItem): void {
    const { input, onProblem } = this.#options;
    if (typeof item === "string") {
      const record = this.#parse(item);
      if (record.kind !== "rejected") {
        this.#order.push(record, monotonicMs());
        return;
      }
      this.rejected += 1;
      this.#rejects.write(record, item, input);
    } else if (item.kind === "broken-input") {
      this.isBroken = true;
      onProblem(item.message);
    } else {
      this.rejected += 1;
      const { kind: code, message } = item;
      this.#rejects.write({ kind: "rejected", code, message }, null, input);
    }
  }
}
