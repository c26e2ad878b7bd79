/**
 * Runs a kernel's matcher (kernels/match.h): which of many tests hold for the texts of a column, as numbers of
 * sets. What it can't decide about a text is asked, once; after that its id is enough.
 */
import type { KernelCalls } from "./kernel.ts";
import type { StringId, StringTable } from "./string-table.ts";

/** Words of `matching` in kernels/match.h. */
const sharedWords = {
  ids: 0,
  profiles: 1,
  report: 2,
  some: 3,
  idCount: 4,
  lists: 5,
  scans: 6,
  bytes: 7,
  tries: 8,
} as const;

/** Words of a report before the atoms. */
const reportHeader = 3;

/** Ids that the kernel looks at in one call. */
const portionIds = 4096;

/** What is asked of who made the plan. */
export interface MatchDecider {
  /**
   * The number of the set of atoms that hold for a text, 0 for the empty one. Of an ASCII text `atoms` are those
   * found, ascending, and `left` the patterns of the plan that are to be tried; where `isAscii` is false nothing was
   * tried. All atoms must stand in `atoms` after the call.
   */
  decide(id: StringId, isAscii: boolean, left: readonly number[], atoms: number[]): number;
}

/** What a column of ids came to. */
export interface MatchedColumn {
  /** All numbers combined by bits: 0 where no test holds for any text. */
  some: number;
  /** Cells that are ids, and cells below 0. */
  ids: number;
  lists: number;
}

/** What matching has cost so far. */
export interface MatchCounters {
  /** Texts looked at, and their bytes; beyond ASCII the texts count for their decider. */
  scans: number;
  bytes: number;
  /** Patterns tried on a text. */
  tries: number;
}

export class TextMatcher {
  readonly counters: MatchCounters = { scans: 0, bytes: 0, tries: 0 };
  readonly #strings: StringTable;
  readonly #calls: KernelCalls;
  readonly #matcher: number;
  /** Index of `matching` among the memory's words. */
  readonly #shared: number;
  readonly #stride: number;
  readonly #column: MatchedColumn = { some: 0, ids: 0, lists: 0 };
  readonly #left: number[] = [];
  readonly #atoms: number[] = [];

  /** `plan` is laid out as kernels/match.h says; its first word is how many atoms there are. */
  constructor(strings: StringTable, plan: Uint32Array) {
    this.#strings = strings;
    this.#calls = strings.kernel;
    const start = this.#calls.plan(plan.byteLength);
    strings.words.set(plan, start >> 2);
    this.#matcher = this.#calls.matcher(start, plan.byteLength);
    this.#shared = this.#calls.matching() >> 2;
    this.#stride = (plan[0]! + 31) >>> 5;
  }

  /** Bytes of what it remembers. */
  get bytes(): number {
    return this.#strings.words[this.#matcher >> 2]!;
  }

  /** Forgets all texts and all numbers of sets. */
  forget(): void {
    this.#calls.forget(this.#matcher);
  }

  /** Gives its memory back; it can't be used any more. */
  drop(): void {
    this.#calls.drop(this.#matcher);
  }

  /**
   * Writes the number of the set of each of the first `count` cells that is an id, 0 for others, to `into`. The
   * answer is valid until the next call.
   */
  fill(ids: Int32Array, count: number, into: Int32Array, decider: MatchDecider): MatchedColumn {
    const column = this.#column;
    column.some = column.ids = column.lists = 0;
    for (let from = 0; from < count; from += portionIds) {
      const end = Math.min(count, from + portionIds);
      this.#match(ids.subarray(from, end), decider);
      column.some |= this.#word(sharedWords.some);
      column.ids += this.#word(sharedWords.idCount);
      column.lists += this.#word(sharedWords.lists);
      const start = this.#word(sharedWords.profiles) >> 2;
      into.set(this.#strings.words.subarray(start, start + end - from), from);
    }
    return column;
  }

  #match(ids: Int32Array, decider: MatchDecider): void {
    const strings = this.#strings;
    strings.words.set(ids, this.#word(sharedWords.ids) >> 2);
    for (;;) {
      const end = this.#calls.match(this.#matcher, ids.length) >> 2;
      this.counters.scans += this.#word(sharedWords.scans);
      this.counters.bytes += this.#word(sharedWords.bytes);
      this.counters.tries += this.#word(sharedWords.tries);
      let at = this.#word(sharedWords.report) >> 2;
      if (at === end) return;
      for (; at < end; at += strings.words[at]!) this.#answer(at, decider);
    }
  }

  #answer(record: number, decider: MatchDecider): void {
    const strings = this.#strings;
    const { words } = strings;
    const first = record + reportHeader;
    const atoms = this.#atoms;
    const left = this.#left;
    atoms.length = 0;
    left.length = 0;
    for (let i = 0; i < this.#stride; i += 1) {
      for (let word = words[first + i]!; word !== 0; word &= word - 1) {
        atoms.push(i * 32 + 31 - Math.clz32(word & -word));
      }
    }
    const end = record + words[record]!;
    for (let at = first + this.#stride; at < end; at += 1) left.push(words[at]!);
    const profile = decider.decide(words[record + 1]!, words[record + 2] === 1, left, atoms);
    // Texts may have been added meanwhile, so the memory may have grown.
    for (const atom of atoms) strings.words[first + (atom >>> 5)]! |= 0x1 << (atom & 31);
    this.#calls.learn(this.#matcher, record << 2, profile);
  }

  #word(index: number): number {
    return this.#strings.words[this.#shared + index]!;
  }
}
