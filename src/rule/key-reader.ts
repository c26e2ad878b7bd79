/** Reads the keys of one map of a rule file, and remembers which were asked for. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SourceText, Span } from "../diagnostic/source.ts";
import { suggest } from "../diagnostic/suggest.ts";
import { type Datum, kindName, type MapDatum, type TextDatum } from "./datum.ts";
import { emptyKey, missingKey, unknownKey, wrongKind } from "./errors.ts";

/** A value that is null counts as absent; one of a wrong kind is reported and counts as absent. */
export class KeyReader {
  readonly #source: SourceText;
  readonly #map: MapDatum;
  /** How diagnostics name the map: "the rule", "the exception". */
  readonly #owner: string;
  readonly #diagnostics: Diagnostic[];
  readonly #asked: Set<string> = new Set();

  constructor(source: SourceText, map: MapDatum, owner: string, diagnostics: Diagnostic[]) {
    this.#source = source;
    this.#map = map;
    this.#owner = owner;
    this.#diagnostics = diagnostics;
  }

  get source(): SourceText {
    return this.#source;
  }

  get span(): Span {
    return this.#map.span;
  }

  report(diagnostic: Diagnostic): void {
    this.#diagnostics.push(diagnostic);
  }

  /** The value whatever its kind. */
  any(key: string): Datum | undefined {
    this.#asked.add(key);
    const value = this.#map.entries.get(key)?.value;
    return value?.kind === "null" ? undefined : value;
  }

  textDatum(key: string): TextDatum | undefined {
    const value = this.any(key);
    if (value === undefined || value.kind === "text") return value;
    this.#wrong(key, "a text", value);
    return undefined;
  }

  text(key: string): string | undefined {
    return this.textDatum(key)?.value;
  }

  /** Reports an absent or blank text as an error. */
  requiredText(key: string): TextDatum | undefined {
    const present = this.any(key) !== undefined;
    const datum = this.textDatum(key);
    if (!present) {
      this.report(missingKey(this.#source, headOf(this.span), key, this.#owner));
    } else if (datum !== undefined && datum.value.trim() === "") {
      this.report(emptyKey(this.#source, datum.span, key));
      return undefined;
    }
    return datum;
  }

  /** A text, or a number as it is written. */
  textOrNumber(key: string): string | undefined {
    const value = this.any(key);
    if (value?.kind === "number") return value.written;
    return this.text(key);
  }

  number(key: string): number | undefined {
    const value = this.any(key);
    if (value === undefined) return undefined;
    if (value.kind === "number") return value.value;
    this.#wrong(key, "a number", value);
    return undefined;
  }

  boolean(key: string): boolean | undefined {
    const value = this.any(key);
    if (value === undefined) return undefined;
    if (value.kind === "boolean") return value.value;
    this.#wrong(key, "true or false", value);
    return undefined;
  }

  map(key: string): MapDatum | undefined {
    const value = this.any(key);
    if (value === undefined || value.kind === "map") return value;
    this.#wrong(key, "a map", value);
    return undefined;
  }

  list(key: string): readonly Datum[] {
    const value = this.any(key);
    if (value === undefined) return [];
    if (value.kind === "list") return value.items;
    this.#wrong(key, "a list", value);
    return [];
  }

  /** One text or a list of texts. */
  texts(key: string): readonly string[] {
    const value = this.any(key);
    if (value === undefined) return [];
    if (value.kind === "text") return [value.value];
    if (value.kind !== "list") {
      this.#wrong(key, "a list of texts", value);
      return [];
    }
    return value.items.flatMap((item) => {
      if (item.kind === "text") return [item.value];
      this.#wrong(key, "a list of texts", item);
      return [];
    });
  }

  /** A list of maps, each with a reader of its own. */
  readers(key: string, owner: string): readonly KeyReader[] {
    return this.list(key).flatMap((item) => {
      if (item.kind === "map") {
        return [new KeyReader(this.#source, item, owner, this.#diagnostics)];
      }
      this.#wrong(key, "a list of maps", item);
      return [];
    });
  }

  reader(key: string, owner: string): KeyReader | undefined {
    const map = this.map(key);
    return map && new KeyReader(this.#source, map, owner, this.#diagnostics);
  }

  /** Warns of every key that nobody asked for; call it when all keys have been read. */
  warnOfOtherKeys(): void {
    for (const [key, { keySpan }] of this.#map.entries) {
      if (this.#asked.has(key)) continue;
      const similar = suggest(key, [...this.#asked]);
      this.report(unknownKey(this.#source, keySpan, key, this.#owner, similar));
    }
  }

  #wrong(key: string, wanted: string, found: Datum): void {
    this.report(wrongKind(this.#source, found.span, key, wanted, kindName(found.kind)));
  }
}

/** A missing key is shown at the start of its map, not over the whole of it. */
function headOf(span: Span): Span {
  return { start: span.start, end: Math.min(span.start + 1, span.end) };
}
