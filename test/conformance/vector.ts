/** The forms of test vectors, as they are found in a folder of vector files. */

/** A query over a data set of events, with the ids that it must find. */
export interface QueryVector {
  readonly id: string;
  readonly query: string;
  readonly dataset: string | readonly string[];
  readonly id_field: string;
  readonly event_category_field: string;
  readonly expected_event_ids: readonly unknown[];
  readonly join_keys?: readonly (string | null)[];
  readonly any_of?: boolean;
  readonly size?: number;
  readonly max_samples_per_key?: number;
}

/** A sequence over events of its own, each with a label. */
export interface SeriesVector {
  readonly id: string;
  readonly query: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly expected_labels: readonly (readonly string[])[];
  readonly join_keys?: readonly (string | null)[];
}

/** An expression over literals with its value, or with an error. */
export interface ExpressionVector {
  readonly id: string;
  readonly expression: string;
  readonly expected?: unknown;
  readonly expected_error?: string;
}

/** A query that must parse, or be refused. */
export interface SyntaxVector {
  readonly id: string;
  readonly query: string;
  readonly expected?: "parses";
  readonly expected_error?: string;
}

export type Vector = QueryVector | SeriesVector | ExpressionVector | SyntaxVector;

/** How a data set's events are to be read. */
export interface DatasetMapping {
  readonly time: { readonly field: string; readonly unit: string } | null;
  readonly tiebreaker?: string;
  readonly category: string;
  readonly fields: Readonly<Record<string, FieldMapping>>;
}

export interface FieldMapping {
  readonly type: string;
  readonly format?: string;
  readonly null_value?: string;
}

/** A vector that Kestrel answers otherwise on purpose. */
export interface Reason {
  /** A vector's id, or the text of its `expected_error`. */
  readonly match: string;
  readonly reason: string;
}
