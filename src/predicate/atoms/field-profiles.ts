/**
 * The profile of each text that a field has had, for the tests of that field. A field of few values has a small
 * memo, however many texts other fields bring.
 */
import { assert } from "../../base/assert.ts";
import type { StringId, Texts } from "../../event/string-table.ts";
import type { MatchDecider, MatchedColumn, TextMatcher } from "../../event/text-matcher.ts";
import type { AtomScanner } from "./atom-scanner.ts";
import type { ProfileId, ProfileTable } from "./profile-table.ts";

/** What finding the profiles has cost. */
export interface TextCounters {
  /** Texts scanned. */
  readonly scans: number;
  /** Their UTF-16 units. */
  readonly chars: number;
}

/** Texts are matched in their kernel's memory, and what it can't decide here. */
export class FieldProfiles implements MatchDecider {
  readonly #scanner: AtomScanner;
  readonly #table: ProfileTable;
  #strings: Texts | null = null;
  #generation: number = -1;
  #matcher: TextMatcher | null = null;
  /** What matchers that were dropped have cost. */
  #scans: number = 0;
  #chars: number = 0;

  constructor(scanner: AtomScanner, table: ProfileTable) {
    this.#scanner = scanner;
    this.#table = table;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#matcher?.bytes ?? 0;
  }

  get counters(): TextCounters {
    const { scans, chars } = this.#scanner.counters;
    const matched = this.#matcher?.counters;
    return {
      scans: this.#scans + scans + (matched?.scans ?? 0),
      chars: this.#chars + chars + (matched?.bytes ?? 0),
    };
  }

  /** Names the string table whose ids come; what was known of an emptied one is forgotten. */
  begin(strings: Texts): void {
    if (this.#strings !== strings) {
      this.drop();
      this.#strings = strings;
      this.#generation = strings.generation;
      this.#matcher = strings.createMatcher(this.#scanner.plan());
    }
    if (this.#generation === strings.generation) return;
    this.#generation = strings.generation;
    this.forget();
  }

  /** Forgets all texts, after the table of profiles was cleared or ids became invalid. */
  forget(): void {
    this.#matcher?.forget();
  }

  /** Gives up what it has in the memory of the texts; `begin` must be called before it is used again. */
  drop(): void {
    this.#strings = null;
    if (this.#matcher === null) return;
    const { scans, bytes } = this.#matcher.counters;
    this.#scans += scans;
    this.#chars += bytes;
    this.#matcher.drop();
    this.#matcher = null;
  }

  /**
   * Writes the profile of each of the first `count` cells that is an id, 0 for others, to `into`. The answer, in
   * which `some` is all profiles combined, is valid until the next call.
   */
  fill(cells: Int32Array, count: number, into: Int32Array): MatchedColumn {
    assert(this.#matcher !== null, "the string table was not named");
    return this.#matcher.fill(cells, count, into, this);
  }

  decide(id: StringId, isAscii: boolean, left: readonly number[], atoms: number[]): ProfileId {
    if (isAscii) this.#scanner.decide(this.#strings!, id, left, atoms);
    else this.#scanner.scan(this.#strings!.text(id), atoms);
    atoms.sort(ascending);
    return this.#table.profileOf(atoms);
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
