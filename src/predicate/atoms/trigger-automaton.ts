/**
 * Finds which of many short texts (*triggers*) occur in a text, in one pass: an Aho-Corasick automaton
 * with a dense table over classes of characters. ASCII letters are matched without regard to case; other
 * characters must come folded.
 */

/** Class of every character that no trigger holds. */
const otherClass = 0;

export class TriggerAutomaton {
  readonly #asciiClasses: Uint8Array | Uint16Array;
  readonly #otherClasses: ReadonlyMap<number, number>;
  readonly #classCount: number;
  readonly #next: Uint16Array | Int32Array;
  /** The first of the states at which triggers end; they come after all others. */
  readonly #firstOutput: number;
  /** By state, from `#firstOutput` on: the triggers that end there, own ones and those of its suffixes. */
  readonly #outputs: readonly (readonly number[])[];

  /** `triggers` are folded and not empty; equal ones may occur. */
  constructor(triggers: readonly string[]) {
    const classes = classify(triggers);
    this.#asciiClasses = classes.ascii;
    this.#otherClasses = classes.other;
    this.#classCount = classes.count;
    const trie = buildTrie(triggers, (unit) => this.#classOf(unit), classes.count);
    const complete = completeTrie(trie, classes.count);
    const { next, outputs, firstOutput } = outputsLast(complete, classes.count);
    this.#next = trie.states <= 0xffff ? Uint16Array.from(next) : next;
    this.#outputs = outputs;
    this.#firstOutput = firstOutput;
  }

  /** Calls `visit` for the triggers that occur; one that occurs several times is visited each time. */
  scan(text: string, visit: (triggers: readonly number[]) => void): void {
    const next = this.#next;
    const ascii = this.#asciiClasses;
    const count = this.#classCount;
    const outputs = this.#outputs;
    const firstOutput = this.#firstOutput;
    let state = 0;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      const unitClass = unit < 128 ? ascii[unit]! : (this.#otherClasses.get(unit) ?? otherClass);
      state = next[state * count + unitClass]!;
      if (state >= firstOutput) visit(outputs[state - firstOutput]!);
    }
  }

  /**
   * The same for the ASCII text `bytes[start, start + length)`; `visit` also gets how much of the text was
   * read when the triggers ended.
   */
  scanAscii(
    bytes: Uint8Array,
    start: number,
    length: number,
    visit: (triggers: readonly number[], end: number) => void,
  ): void {
    const next = this.#next;
    const ascii = this.#asciiClasses;
    const count = this.#classCount;
    const firstOutput = this.#firstOutput;
    let state = 0;
    for (let i = 0; i < length; i += 1) {
      state = next[state * count + ascii[bytes[start + i]!]!]!;
      if (state >= firstOutput) visit(this.#outputs[state - firstOutput]!, i + 1);
    }
  }

  #classOf(unit: number): number {
    return unit < 128 ? this.#asciiClasses[unit]! : this.#otherClasses.get(unit)!;
  }
}

interface Classes {
  readonly ascii: Uint8Array | Uint16Array;
  readonly other: ReadonlyMap<number, number>;
  readonly count: number;
}

function classify(triggers: readonly string[]): Classes {
  const units = new Set<number>();
  for (const trigger of triggers) {
    for (let i = 0; i < trigger.length; i += 1) units.add(trigger.charCodeAt(i));
  }
  const ascii = new Uint8Array(128);
  const other = new Map<number, number>();
  let count = 1;
  for (const unit of [...units].sort((a, b) => a - b)) {
    if (unit < 128) ascii[unit] = count;
    else other.set(unit, count);
    count += 1;
  }
  const lower = "a".charCodeAt(0);
  const upper = "A".charCodeAt(0);
  for (let i = 0; i < 26; i += 1) ascii[upper + i] = ascii[lower + i]!;
  return { ascii, other, count };
}

interface Trie {
  readonly states: number;
  /** `state * classes + class` to state; -1 where there is no edge. */
  readonly edges: Int32Array;
  /** By state: triggers that end exactly there. */
  readonly ends: readonly number[][];
}

function buildTrie(
  triggers: readonly string[],
  classOf: (unit: number) => number,
  classCount: number,
): Trie {
  const most = triggers.reduce((sum, trigger) => sum + trigger.length, 1);
  let edges = new Int32Array(most * classCount).fill(-1);
  const ends: number[][] = [[]];
  for (const [index, trigger] of triggers.entries()) {
    let state = 0;
    for (let i = 0; i < trigger.length; i += 1) {
      const edge = state * classCount + classOf(trigger.charCodeAt(i));
      if (edges[edge] === -1) {
        edges[edge] = ends.length;
        ends.push([]);
      }
      state = edges[edge]!;
    }
    ends[state]!.push(index);
  }
  edges = edges.slice(0, ends.length * classCount);
  return { states: ends.length, edges, ends };
}

interface Complete {
  readonly next: Int32Array;
  readonly outputs: readonly (readonly number[] | null)[];
}

/** Numbers the states anew, so that one comparison tells whether triggers end at a state. */
function outputsLast(
  { next, outputs }: Complete,
  classCount: number,
): { next: Int32Array; outputs: (readonly number[])[]; firstOutput: number } {
  const order = [...outputs.keys()];
  const silent = order.filter((state) => outputs[state] === null);
  const ending = order.filter((state) => outputs[state] !== null);
  const renumbered = new Int32Array(order.length);
  for (const [number, state] of [...silent, ...ending].entries()) renumbered[state] = number;
  const moved = new Int32Array(next.length);
  for (const state of order) {
    for (let unitClass = 0; unitClass < classCount; unitClass += 1) {
      const target = next[state * classCount + unitClass]!;
      moved[renumbered[state]! * classCount + unitClass] = renumbered[target]!;
    }
  }
  return {
    next: moved,
    outputs: ending.map((state) => outputs[state]!),
    firstOutput: silent.length,
  };
}

/** Turns edges into a total function and gathers the outputs along suffixes, breadth first. */
function completeTrie(trie: Trie, classCount: number): Complete {
  const { states, edges, ends } = trie;
  const fail = new Int32Array(states);
  const outputs: (readonly number[] | null)[] = ends.map((own) => (own.length > 0 ? own : null));
  const queue = [0];
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head]!;
    const suffix = fail[state]!;
    const inherited = state === 0 ? null : outputs[suffix]!;
    if (inherited !== null) outputs[state] = [...(outputs[state] ?? []), ...inherited];
    for (let unitClass = 0; unitClass < classCount; unitClass += 1) {
      const edge = state * classCount + unitClass;
      const through = state === 0 ? 0 : edges[suffix * classCount + unitClass]!;
      const target = edges[edge]!;
      if (target === -1) edges[edge] = through;
      else {
        fail[target] = through;
        queue.push(target);
      }
    }
  }
  return { next: edges, outputs };
}
