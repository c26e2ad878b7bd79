/** Items of one live source, as they come, to records. */
import { isStreamRecord } from "../bus/record-glance.ts";
import type { LineItem } from "../collect/jsonl/line-splitter.ts";
import type { DecodedRecord, Rejection } from "../event/decode.ts";
import type { RejectFile } from "./reject-file.ts";

export interface IntakeOptions {
  /** What the source is called where one of its lines is rejected. */
  readonly input: string;
  readonly parse: (line: string) => DecodedRecord | Rejection;
  readonly rejects: RejectFile;
  readonly onProblem: (message: string) => void;
}

/** Decodes items; counts, and keeps aside, what is no record. */
export class Intake {
  rejected: number = 0;
  /** To be added to what the bus counted as events: it can only glance at what it takes. */
  misjudged: number = 0;
  /** Whether the input broke off. */
  isBroken: boolean = false;
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** The record that a line is; null where it is none. */
  take(item: LineItem): DecodedRecord | null {
    const { onProblem, parse } = this.#options;
    if (typeof item === "string") {
      const record = parse(item);
      const isEvent = record.kind === "event" || record.kind === "rejected";
      if (isEvent === isStreamRecord(item)) this.misjudged += isEvent ? 1 : -1;
      if (record.kind !== "rejected") return record;
      this.reject(record, item);
      return null;
    }
    if (item.kind === "broken-input") {
      this.isBroken = true;
      onProblem(item.message);
      return null;
    }
    this.reject({ kind: "rejected", code: item.kind, message: item.message }, null);
    return null;
  }

  /** Counts what is no event, and keeps it aside; `line` is null where it was too long to be kept. */
  reject(rejection: Rejection, line: string | null): void {
    this.rejected += 1;
    this.#options.rejects.write(rejection, line, this.#options.input);
  }
}
