/**
 * Finds which of many short texts (*triggers*) end where in a text, in one pass. The last four bytes at each
 * place are looked up in a bitmap of a few kilobytes, which stays in the fastest memory; only where it says
 * so are triggers compared. (An automaton does without comparing, but each of its steps waits for the one
 * before, and its table for a thousand triggers is hundreds of kilobytes.) ASCII letters are matched without
 * regard to case; other characters must come folded.
 */
import { hashFactor } from "../../base/int-map.ts";

/** ASCII units with capital letters made small. */
const foldedUnits = Uint8Array.from({ length: 128 }, (_unused, unit) =>
  unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit,
);

/** Bits of the hash of four bytes: at a thousand triggers one place in sixty is looked at in vain. */
const hashBits = 16;
const hashShift = 32 - hashBits;

/** Triggers of at least four units are found by their last four, shorter ones by their last two or one. */
const wordLength = 4;

export class TriggerIndex {
  readonly #triggers: readonly Uint16Array[];
  /** Whether a trigger ends with four bytes of that hash. */
  readonly #words: Int32Array = new Int32Array((1 << hashBits) >>> 5);
  readonly #byWord: Map<number, number[]> = new Map();
  /** Whether a trigger of two or three units ends with two bytes, of which seven bits each count. */
  readonly #pairs: Int32Array = new Int32Array((1 << 14) >>> 5);
  readonly #byPair: Map<number, number[]> = new Map();
  /** Triggers of one unit by seven bits of it. */
  readonly #byUnit: (number[] | undefined)[] = new Array<undefined>(128).fill(undefined);

  /** `triggers` are folded and not empty. */
  constructor(triggers: readonly string[]) {
    this.#triggers = triggers.map(unitsOf);
    for (const [trigger, units] of this.#triggers.entries()) {
      const { length } = units;
      if (length >= wordLength) {
        const word = wordAt(units, length);
        mark(this.#words, hashOf(word));
        append(this.#byWord, word, trigger);
        continue;
      }
      const last = units[length - 1]! & 0x7f;
      if (length === 1) {
        this.#byUnit[last] ??= [];
        this.#byUnit[last].push(trigger);
        continue;
      }
      const pair = (units[length - 2]! & 0x7f) | (last << 7);
      mark(this.#pairs, pair);
      append(this.#byPair, pair, trigger);
    }
  }

  /** Calls `visit` for the triggers that occur; one that occurs several times is visited each time. */
  scan(text: string, visit: (trigger: number) => void): void {
    let word = 0;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      word = (word >>> 8) | ((unit < 128 ? foldedUnits[unit]! : unit & 0xff) << 24);
      if (has(this.#words, hashOf(word)) && i >= wordLength - 1) {
        this.#visitText(this.#byWord.get(word), text, i + 1, visit);
      }
      const pair = pairOf(word);
      if (has(this.#pairs, pair)) this.#visitText(this.#byPair.get(pair), text, i + 1, visit);
      this.#visitText(this.#byUnit[pair >>> 7], text, i + 1, visit);
    }
  }

  #visitText(
    triggers: readonly number[] | undefined,
    text: string,
    end: number,
    visit: (trigger: number) => void,
  ): void {
    if (triggers === undefined) return;
    for (const trigger of triggers) {
      const units = this.#triggers[trigger]!;
      const from = end - units.length;
      let at = from < 0 ? -1 : 0;
      while (at >= 0 && at < units.length) {
        const unit = text.charCodeAt(from + at);
        at = (unit < 128 ? foldedUnits[unit]! : unit) === units[at] ? at + 1 : -1;
      }
      if (at >= 0) visit(trigger);
    }
  }
}

function unitsOf(trigger: string): Uint16Array {
  return Uint16Array.from({ length: trigger.length }, (_unused, i) => trigger.charCodeAt(i));
}

/** The low bytes of the four units that end before `end`, the first one lowest. */
function wordAt(units: Uint16Array, end: number): number {
  let word = 0;
  for (let i = end - wordLength; i < end; i += 1) word = (word >>> 8) | ((units[i]! & 0xff) << 24);
  return word;
}

/** The last two bytes of a word, seven bits each. */
function pairOf(word: number): number {
  return ((word >>> 16) & 0x7f) | ((word >>> 17) & 0x3f80);
}

function hashOf(word: number): number {
  return Math.imul(word, hashFactor) >>> hashShift;
}

function mark(bits: Int32Array, at: number): void {
  bits[at >>> 5]! |= 0x1 << (at & 31);
}

function has(bits: Int32Array, at: number): boolean {
  return (bits[at >>> 5]! & (0x1 << (at & 31))) !== 0;
}

function append(lists: Map<number, number[]>, key: number, trigger: number): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [trigger]);
  else known.push(trigger);
}
