/**
 * Regular expressions (Lucene's syntax, ir/regex.ts) as automata over ASCII texts: one look-up a byte. Only for
 * expressions that stay small; others, and all other texts, are left to `compileRegex`.
 */
import { hashFactor } from "../../base/int-map.ts";
import { asciiSet } from "./ascii-set.ts";
import { parseRegex, type RegexSyntax } from "./regex-syntax.ts";

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
  const syntax = parseRegex(pattern);
  if (syntax === null || sizeOf(syntax) > maxPositions) return null;
  const positions = new Positions(isFolded);
  const first = positions.build(syntax, positions.accepting);
  const bytes = classesOf(positions.sets);
  const states = determine(positions, first, bytes);
  return states === null ? null : reduce(states, bytes);
}

function sizeOf(syntax: RegexSyntax): number {
  switch (syntax.kind) {
    case "char":
    case "class":
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
  readonly #isFolded: boolean;

  constructor(isFolded: boolean) {
    this.#isFolded = isFolded;
  }

  /** Where the part begins, from the end of which one goes on at `to`. */
  build(syntax: RegexSyntax, to: number): number {
    switch (syntax.kind) {
      case "char":
      case "class":
        return this.#add(asciiSet(syntax, this.#isFolded), [to]);
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

  #repeat(part: RegexSyntax, least: number, most: number, to: number): number {
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
    if (this.#isStop(from)) return Int32Array.of(from);
    const seen = new Set<number>();
    const visit = (position: number): void => {
      if (seen.has(position)) return;
      seen.add(position);
      if (this.sets[position] === null) for (const next of this.next[position]!) visit(next);
    };
    visit(from);
    return Int32Array.from([...seen].filter((position) => this.#isStop(position)));
  }

  #isStop(position: number): boolean {
    return this.sets[position] !== null || position === this.accepting;
  }
}

interface ByteClasses {
  readonly classes: number;
  readonly classOf: Uint8Array;
  /** By set: the classes whose bytes it holds, ascending. */
  readonly held: ReadonlyMap<bigint, readonly number[]>;
}

/** Bytes that all sets hold or none of them are of one class; classes are numbered by their first byte. */
function classesOf(sets: readonly (bigint | null)[]): ByteClasses {
  const members = new Map<bigint, readonly number[]>();
  for (const set of sets) if (set !== null && !members.has(set)) members.set(set, bytesOf(set));
  const parts = new Uint8Array(128);
  const sizes = [128];
  for (const bytes of members.values()) split(parts, sizes, bytes);
  const numbers = new Map<number, number>();
  const classOf = parts.map((part) => {
    const known = numbers.get(part) ?? numbers.size;
    numbers.set(part, known);
    return known;
  });
  const held = new Map<bigint, readonly number[]>();
  for (const [set, bytes] of members) {
    held.set(
      set,
      [...new Set(bytes.map((byte) => classOf[byte]!))].sort((a, b) => a - b),
    );
  }
  return { classes: numbers.size, classOf, held };
}

/** Sets bytes apart from those that were of the same part so far and are not among them. */
function split(parts: Uint8Array, sizes: number[], bytes: readonly number[]): void {
  const counts = new Map<number, number>();
  for (const byte of bytes) counts.set(parts[byte]!, (counts.get(parts[byte]!) ?? 0) + 1);
  const apart = new Map<number, number>();
  for (const [part, count] of counts) {
    if (count === sizes[part]) continue;
    apart.set(part, sizes.length);
    sizes[part]! -= count;
    sizes.push(count);
  }
  for (const byte of bytes) parts[byte] = apart.get(parts[byte]!) ?? parts[byte]!;
}

/** The bytes of a set, ascending. */
function bytesOf(set: bigint): number[] {
  const bytes: number[] = [];
  for (let from = 0; from < 128; from += 32) {
    let word = Number(BigInt.asIntN(32, set >> BigInt(from)));
    for (; word !== 0; word &= word - 1) bytes.push(from + 31 - Math.clz32(word & -word));
  }
  return bytes;
}

interface States {
  readonly start: number;
  readonly accepts: readonly boolean[];
  /** By state, then by class. */
  readonly next: Int32Array;
  /** By state: the states in its row, each once. */
  readonly targets: readonly (readonly number[])[];
}

/** Sets of positions as states; null where there are too many. */
function determine(positions: Positions, first: number, bytes: ByteClasses): States | null {
  const { classes } = bytes;
  const states = new PositionSets(positions.sets.length);
  // By position that reads: where one is then, and on what bytes.
  const after = positions.sets.map((set, at) =>
    set === null ? none : positions.closure(positions.next[at]![0]!),
  );
  const held = positions.sets.map((set) => (set === null ? [] : bytes.held.get(set)!));
  const { members } = states;
  states.add(positions.closure(first));
  const start = states.finish();
  const next = new Int32Array(maxCells);
  const targets: (readonly number[])[] = [];
  for (let state = 0; state < members.length; state += 1) {
    // Two are set apart for what is certain.
    if (members.length > maxStates - 2 || members.length * classes > maxCells) return null;
    const readers: number[][] = [];
    for (const at of members[state]!) {
      for (const column of held[at]!) {
        readers[column] ??= [];
        readers[column].push(at);
      }
    }
    const reached: number[] = [];
    let last = -1;
    for (let column = 0; column < classes; column += 1) {
      for (const at of readers[column] ?? []) states.add(after[at]!);
      const to = states.finish();
      next[state * classes + column] = to;
      if (to !== last && !reached.includes(to)) reached.push(to);
      last = to;
    }
    targets.push(reached);
  }
  const accepts = members.map((set) => set.includes(positions.accepting));
  return { start, next, targets, accepts };
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
  /** The number of the empty set; -1 before it comes. */
  #empty: number = -1;
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
    if (this.#count === 0) {
      if (this.#empty === -1) this.#empty = this.members.push(none) - 1;
      return this.#empty;
    }
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
  { start, accepts, next, targets }: States,
  { classes, classOf }: ByteClasses,
): AsciiAutomaton {
  const canAccept = spread(accepts, targets);
  const canFail = spread(
    accepts.map((accept) => !accept),
    targets,
  );
  const numbers: number[] = [];
  let count = 2;
  for (let state = 0; state < accepts.length; state += 1) {
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
    for (let column = 0; column < classes; column += 1) {
      table[number * classes + column] = numbers[next[state * classes + column]!]!;
    }
  }
  return { start: numbers[start]!, classes, classOf, accepts: accepting, table };
}

/** The states marked, and those from which one of them is reached. */
function spread(
  marked: readonly boolean[],
  targets: readonly (readonly number[])[],
): readonly boolean[] {
  const reached = [...marked];
  for (let hasGrown = true; hasGrown; ) {
    hasGrown = false;
    for (let state = reached.length - 1; state >= 0; state -= 1) {
      if (reached[state] || !targets[state]!.some((to) => reached[to])) continue;
      reached[state] = true;
      hasGrown = true;
    }
  }
  return reached;
}
