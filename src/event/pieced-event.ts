/**
 * An event as pieces of JSON text, some of which many events share: what is said of a process is the same for
 * all that it does. So a scanner reads a shared piece once, and the whole text is put together only for
 * those who ask for it. `piece-scanner.ts` reads these.
 */
import type { FragmentCells } from "./fragment-cells.ts";
import type { TextSource } from "./row-sources.ts";

/** A piece that events share. Its text never changes. */
export interface Fragment {
  /** The piece as the text of an object. */
  readonly object: string;
  /** What a scanner made of it, kept here so that finding it costs nothing; null before. */
  cells: FragmentCells | null;
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
  /** The rest as the text of an object; `@timestamp`, `event.id` and `event.sequence` only if `isNamed`. */
  own(isNamed: boolean): string;
  text(): string;
}

/** Paths that `PiecedEvent.own` leaves out unless asked for. */
export const namingPaths: readonly string[] = ["@timestamp", "event.id", "event.sequence"];
