/**
 * An event as pieces of JSON text, some of which many events share: what is said of a process is the same for
 * all that it does. So a scanner reads a shared piece once, and the whole text is put together only for
 * those who ask for it. `piece-scanner.ts` reads these.
 */
import type { FragmentCells } from "./fragment-cells.ts";
import type { TextSource } from "./row-sources.ts";

/** A piece that events share. Its text never changes. */
export interface Fragment {
  /** The piece as the text of an object: these texts, put together. */
  readonly texts: readonly string[];
  /** Units of its text, about. */
  readonly chars: number;
  /** What a scanner made of it, kept here so that finding it costs nothing; null before. */
  cells: FragmentCells | null;
}

/** A place in the own pieces of some events. */
export interface OwnPlace {
  readonly path: string;
  /** Whether `OwnValues.value` gives its values, which are texts then; others are in the event's text only. */
  readonly isTold: boolean;
}

/** What an event has for itself, as values: whoever wants some places need not read its text. */
export interface OwnValues {
  /** Every place at which the event may have a value; one list for all events of a sort. */
  readonly places: readonly OwnPlace[];
  /** The value at `places[place]`, a place that is told; null for none. */
  value(place: number): string | null;
}

/** No place (a path of keys) has a value in two of the pieces. `text()` is the whole as it would be in a log. */
export interface PiecedEvent extends TextSource {
  readonly kind: "pieces";
  /** Its `@timestamp`, ns since the epoch. */
  readonly timeNs: bigint;
  /** `event.action`. */
  readonly action: string;
  /** The first of `event.category`. */
  readonly category: string;
  /** What events of its action share. */
  readonly head: Fragment;
  /** What events of its process share. */
  readonly process: Fragment;
  /** UTF-16 units of what it shares with no other event, about. */
  readonly ownChars: number;
  /** The rest as values; null where only its text can be had. */
  readonly values: OwnValues | null;
  /** The rest as the text of an object; `@timestamp`, `event.id` and `event.sequence` only if `isNamed`. */
  own(isNamed: boolean): string;
  text(): string;
  /** The texts that `text()` is joined of, for those who copy it elsewhere and need not join it. */
  parts(): readonly string[];
}

/** Paths that `PiecedEvent.own` leaves out unless asked for. */
export const namingPaths: readonly string[] = ["@timestamp", "event.id", "event.sequence"];
