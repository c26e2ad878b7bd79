/** Values of a rule file with their places, whichever of JSON, YAML and TOML it is written in. */
import type { Span } from "../diagnostic/source.ts";

export type Datum = TextDatum | NumberDatum | BooleanDatum | NullDatum | ListDatum | MapDatum;

/** Where the characters of a text stand in the file. */
export interface Placement {
  readonly span: Span;
  /** Offset of each UTF-16 unit; null when the text is the plain slice `span` of the file. */
  readonly offsets: readonly number[] | null;
}

export interface TextDatum {
  readonly kind: "text";
  readonly value: string;
  readonly span: Span;
  /** Computed on demand, since only few texts are asked for it. */
  readonly place: () => Placement;
}

export interface NumberDatum {
  readonly kind: "number";
  readonly value: number;
  /** As written, so that a version `1.10` keeps its zero. */
  readonly written: string;
  readonly span: Span;
}

export interface BooleanDatum {
  readonly kind: "boolean";
  readonly value: boolean;
  readonly span: Span;
}

export interface NullDatum {
  readonly kind: "null";
  readonly span: Span;
}

export interface ListDatum {
  readonly kind: "list";
  readonly items: readonly Datum[];
  readonly span: Span;
}

export interface MapDatum {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly span: Span;
}

export interface MapEntry {
  readonly keySpan: Span;
  readonly value: Datum;
}

/** What a parser of a data format found: documents, or where it gave up. */
export type ParsedData =
  | { readonly kind: "documents"; readonly documents: readonly Datum[] }
  | { readonly kind: "failed"; readonly problems: readonly DataProblem[] };

/** One syntax error of a data format; `message` has no full stop. */
export interface DataProblem {
  readonly message: string;
  readonly span: Span;
}

/** The value without its places, as `JSON.parse` would give it. */
export function plainValue(datum: Datum): unknown {
  switch (datum.kind) {
    case "text":
    case "number":
    case "boolean":
      return datum.value;
    case "null":
      return null;
    case "list":
      return datum.items.map(plainValue);
    case "map":
      return Object.fromEntries(
        [...datum.entries].map(([key, { value }]) => [key, plainValue(value)]),
      );
  }
}

/** How a diagnostic names a kind: "a list". */
export function kindName(kind: Datum["kind"]): string {
  return kind === "null" ? "null" : `a ${kind}`;
}

/** Offsets that all point at one place: what is left where characters cannot be followed. */
export function placedAtStart(value: string, span: Span): Placement {
  return { span, offsets: new Array<number>(value.length).fill(span.start) };
}

/** A placement that ends at `end`; where the offsets are consecutive, it is a plain slice. */
export function placedAt(
  text: string,
  value: string,
  offsets: readonly number[],
  end: number,
): Placement {
  const start = offsets[0] ?? end;
  if (text.startsWith(value, start) && offsets.every((offset, i) => offset === start + i)) {
    return { span: { start, end: start + value.length }, offsets: null };
  }
  return { span: { start, end }, offsets };
}
