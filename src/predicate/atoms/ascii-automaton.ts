/**
 * Regular expressions (Lucene's syntax, ir/regex.ts) as automata over ASCII texts: one look-up a byte. Only for
 * expressions that stay small; others, and all other texts, are left to `compileRegex`.
 */
import { hashFactor } from "../../base/int-map.ts";
import { type AsciiSyntax, parseAsciiRegex } from "./ascii-regex.ts";

/** Deterministic, over the whole text. State 0 accepts nothing any more, state 1 whatever follows. */
export interface AsciiAutomaton {
  readonly start: number;
  /** How many classes of bytes are told apart, and the class of each of the 128. */
  readonly classes: number;
  readonly classOf: Uint8Array;
  /** By state: 1 where a text that ends there matches. */
  readonly accepts: Uint8Array;
  /** By state, then by class: the next state. */
  readonly table: Uint8Array;
}

/** Dead and accepting for good. */
const [dead, certain] = [0, 1];

/** A state is a byte. */
const maxStates = 256;

/** Cells of a table: what takes long to make is also slow to use, since it does not stay in the processor's cache. */
const maxCells = 4096;

/** States of the automaton that is made deterministic. */
const maxPositions = 400;

/** Null where the expression can't be read or grows too large. */
export function asciiAutomaton(pattern: string, isFolded: boolean): AsciiAutomaton | null {
  const syntax = parseAsciiRegex(pattern, isFolded);
  if (syntax === null || sizeOf(syntax) > maxPositions) return null;
  const positions = new Positions();
  const first = positions.build(syntax, positions.accepting);
  const bytes = classesOf(positions.sets);
  const states = determine(positions, first, bytes);
  return states === null ? null : reduce(states, bytes);
}

/** Whether the whole of the ASCII text `bytes[start, start + length)` matches. */
export function isAccepted(
  automaton: AsciiAutomaton,
  bytes: Uint8Array,
  start: number,
  length: number,
): boolean {
  const { classes, classOf, table } = automaton;
  let state = automaton.start;
  for (let i = start; i < start + length && state > certain; i += 1) {
    state = table[state * classes + classOf[bytes[i]!]!]!;
  }
  return automaton.accepts[state] === 1;
}

function sizeOf(syntax: AsciiSyntax): number {
  switch (syntax.kind) {
    case "set":
      return 1;
    case "sequence":
    case "choice":
      return syntax.parts.reduce((sum, part) => sum + sizeOf(part), 1);
    case "repeat": {
      const copies = Number.isFinite(syntax.most) ? syntax.most : syntax.least + 1;
      return 1 + copies * (sizeOf(syntax.part) + 1);
    }
  }
}

/** States that read a byte of a set or lead on without one; built from the end. */
class Positions {
  /** By position: what it reads; null where it reads nothing. */
  readonly sets: (bigint | null)[] = [];
  /** By position: where it leads. */
  readonly next: number[][] = [];
  readonly accepting: number = this.#add(null, []);

  /** Where the part begins, from the end of which one goes on at `to`. */
  build(syntax: AsciiSyntax, to: number): number {
    switch (syntax.kind) {
      case "set":
        return this.#add(syntax.bytes, [to]);
      case "sequence":
        return syntax.parts.reduceRight((end, part) => this.build(part, end), to);
      case "choice":
        return this.#add(
          null,
          syntax.parts.map((part) => this.build(part, to)),
        );
      case "repeat":
        return this.#repeat(syntax.part, syntax.least, syntax.most, to);
    }
  }

  #repeat(part: AsciiSyntax, least: number, most: number, to: number): number {
    let end = to;
    if (Number.isFinite(most)) {
      for (let i = least; i < most; i += 1) end = this.#add(null, [this.build(part, end), to]);
    } else {
      end = this.#add(null, [to]);
      this.next[end]!.push(this.build(part, end));
    }
    for (let i = 0; i < least; i += 1) end = this.build(part, end);
    return end;
  }

  #add(set: bigint | null, next: number[]): number {
    this.sets.push(set);
    this.next.push(next);
    return this.sets.length - 1;
  }

  /** The positions that read something, and the accepting one, that are reached from one without reading. */
  closure(from: number): Int32Array {
    const seen = new Set<number>();
    const visit = (position: number): void => {
      if (seen.has(position)) return;
      seen.add(position);
      if (this.sets[position] === null) for (const next of this.next[position]!) visit(next);
    };
    visit(from);
    const isStop = (position: number): boolean =>
      this.sets[position] !== null || position === this.accepting;
    return Int32Array.from([...seen].filter(isStop));
  }
}

interface ByteClasses {
  readonly classes: number;
  readonly classOf: Uint8Array;
  /** By set: whether it holds the bytes of a class. */
  readonly holds: ReadonlyMap<bigint, Uint8Array>;
}

/** Bytes that all sets hold or none of them are of one class. */
function classesOf(sets: readonly (bigint | null)[]): ByteClasses {
  const distinct = [...new Set(sets.filter((set) => set !== null))];
  const digits = distinct.map((set) => set.toString(2).padStart(128, "0"));
  const byKey = new Map<string, number>();
  const classOf = new Uint8Array(128);
  for (let byte = 0; byte < 128; byte += 1) {
    let key = "";
    for (const bits of digits) key += bits[127 - byte]!;
    const known = byKey.get(key) ?? byKey.size;
    byKey.set(key, known);
    classOf[byte] = known;
  }
  const keys = [...byKey.keys()];
  const holds = distinct.map(
    (set, index) => [set, Uint8Array.from(keys, (key) => Number(key[index]!))] as const,
  );
  return { classes: keys.length, classOf, holds: new Map(holds) };
}

interface States {
  readonly start: number;
  readonly accepts: readonly boolean[];
  /** By state, then by class. */
  readonly next: readonly (readonly number[])[];
}

/** Sets of positions as states; null where there are too many. */
function determine(positions: Positions, first: number, bytes: ByteClasses): States | null {
  const states = new PositionSets(positions.sets.length);
  // By position that reads: where one is then.
  const after = positions.sets.map((set, at) =>
    set === null ? none : positions.closure(positions.next[at]![0]!),
  );
  const holds = positions.sets.map((set) => (set === null ? null : bytes.holds.get(set)!));
  const { members } = states;
  states.add(positions.closure(first));
  const start = states.finish();
  const next: number[][] = [];
  for (let state = 0; state < members.length; state += 1) {
    // Two are set apart for what is certain.
    if (members.length > maxStates - 2 || members.length * bytes.classes > maxCells) return null;
    const row: number[] = [];
    for (let column = 0; column < bytes.classes; column += 1) {
      for (const at of members[state]!) if (holds[at]?.[column] === 1) states.add(after[at]!);
      row.push(states.finish());
    }
    next.push(row);
  }
  return { start, next, accepts: members.map((set) => set.includes(positions.accepting)) };
}

const none = new Int32Array(0);

/** Numbers sets of positions in the order in which they come. */
class PositionSets {
  /** By number. */
  readonly members: Int32Array[] = [];
  /** By a sum over the members, which does not depend on their order. */
  readonly #bySum: Map<number, number[]> = new Map();
  /** The set at hand: its members, and by position the set that it was in last. */
  readonly #at: Int32Array;
  readonly #marks: Int32Array;
  #mark: number = 1;
  #count: number = 0;
  #sum: number = 0;

  constructor(positions: number) {
    this.#at = new Int32Array(positions);
    this.#marks = new Int32Array(positions);
  }

  /** Puts positions into the set at hand. */
  add(positions: Int32Array): void {
    for (let i = 0; i < positions.length; i += 1) {
      const position = positions[i]!;
      if (this.#marks[position] === this.#mark) continue;
      this.#marks[position] = this.#mark;
      this.#at[this.#count] = position;
      this.#count += 1;
      const mixed = Math.imul(position + 1, hashFactor);
      this.#sum = (this.#sum + (mixed ^ (mixed >>> 15))) | 0;
    }
  }

  /** The number of the set at hand; an empty one is at hand then. */
  finish(): number {
    const equal = this.#bySum.get(this.#sum) ?? [];
    let number = equal.find((other) => this.#isAtHand(this.members[other]!));
    if (number === undefined) {
      number = this.members.length;
      this.members.push(this.#at.slice(0, this.#count));
      this.#bySum.set(this.#sum, [...equal, number]);
    }
    this.#mark += 1;
    this.#count = 0;
    this.#sum = 0;
    return number;
  }

  #isAtHand(set: Int32Array): boolean {
    if (set.length !== this.#count) return false;
    for (let i = 0; i < set.length; i += 1) if (this.#marks[set[i]!] !== this.#mark) return false;
    return true;
  }
}

/** Numbers states so that those from which all is decided are one each. */
function reduce(
  { start, accepts, next }: States,
  { classes, classOf }: ByteClasses,
): AsciiAutomaton {
  const canAccept = spread(accepts, (state, reached) => next[state]!.some((to) => reached[to]!));
  const canFail = spread(
    accepts.map((accept) => !accept),
    (state, reached) => next[state]!.some((to) => reached[to]!),
  );
  const numbers: number[] = [];
  let count = 2;
  for (const state of next.keys()) {
    numbers.push(!canAccept[state] ? dead : !canFail[state] ? certain : count);
    if (canAccept[state] && canFail[state]) count += 1;
  }
  const table = new Uint8Array(count * classes);
  const accepting = new Uint8Array(count);
  table.fill(certain, classes, classes * 2);
  accepting[certain] = 1;
  for (const [state, number] of numbers.entries()) {
    if (number <= certain) continue;
    accepting[number] = accepts[state] ? 1 : 0;
    for (const [column, to] of next[state]!.entries()) {
      table[number * classes + column] = numbers[to]!;
    }
  }
  return { start: numbers[start]!, classes, classOf, accepts: accepting, table };
}

/** The states marked, and those that become so by others that are. */
function spread(
  marked: readonly boolean[],
  becomes: (state: number, reached: readonly boolean[]) => boolean,
): readonly boolean[] {
  const reached = [...marked];
  for (let hasGrown = true; hasGrown; ) {
    hasGrown = false;
    for (let state = reached.length - 1; state >= 0; state -= 1) {
      if (reached[state] || !becomes(state, reached)) continue;
      reached[state] = true;
      hasGrown = true;
    }
  }
  return reached;
}
