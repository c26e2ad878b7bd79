/** Kinds of events, as a recording of what this build's sources see holds them. */
import { recordedRows, recordedShared } from "./recorded-kind-table.ts";

/** Events of one category, type and action. */
export interface RecordedKind {
  readonly categories: readonly string[];
  readonly types: readonly string[];
  readonly action: string;
  /** Paths that some event of the kind has a value at. */
  readonly fields: ReadonlySet<string>;
}

/** `host.os.type` of the host that was recorded. */
export const recordedSystem = "linux";

/** What the shipped recording (examples/techniques.jsonl.gz) holds. */
export function shippedKinds(): RecordedKind[] {
  return recordedRows.map(([categories, types, action, fields]) => ({
    categories: categories.split(" "),
    types: types.split(" "),
    action,
    fields: new Set(`${recordedShared} ${fields}`.trim().split(" ")),
  }));
}
