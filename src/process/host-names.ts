/** The hosts that processes are on, as small numbers; a number is given to another host once no process is there. */
import { IntMap } from "../base/int-map.ts";
import type { TextStore } from "./text-store.ts";

export class HostNames {
  readonly #store: TextStore;
  readonly #numbers: Map<string, number> = new Map();
  readonly #texts: (string | null)[] = [];
  /** By number: how many processes hold it. */
  readonly #holders: number[] = [];
  readonly #free: number[] = [];
  /** By number: the string id that it was last asked for by; only that one counts in `#known`. */
  readonly #ids: number[] = [];
  readonly #known: IntMap = new IntMap();
  #lastCell: number = 0;
  #lastNumber: number = -1;

  constructor(store: TextStore) {
    this.#store = store;
  }

  /** The host of that number. */
  text(number: number): string {
    return this.#texts[number] ?? "";
  }

  /** The number of a host by its name, or -1. */
  numberOf(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }

  /** The number of a host by the cell (text-store.ts) of its name, 0 for the one without; -1 if no process is there. */
  find(cell: number): number {
    if (cell === this.#lastCell && this.#lastNumber !== -1) return this.#lastNumber;
    const number = this.#lookUp(cell);
    this.#lastCell = cell;
    this.#lastNumber = number;
    return number;
  }

  /** The same, but a host that has no number gets one, to be held before others are asked for. */
  take(cell: number): number {
    const found = this.find(cell);
    if (found !== -1) return found;
    const text = cell === 0 ? "" : this.#store.text(cell);
    const number = this.#free.pop() ?? this.#texts.length;
    this.#texts[number] = text;
    this.#holders[number] = 0;
    this.#ids[number] = 0;
    this.#numbers.set(text, number);
    return number;
  }

  hold(number: number): void {
    this.#holders[number]! += 1;
  }

  release(number: number): void {
    this.#holders[number]! -= 1;
    if (this.#holders[number] !== 0) return;
    this.#numbers.delete(this.#texts[number]!);
    this.#texts[number] = null;
    this.#ids[number] = 0;
    this.#free.push(number);
    this.#lastNumber = -1;
  }

  /** All cells become invalid. */
  forgetCells(): void {
    this.#known.clear();
    this.#ids.fill(0);
    this.#lastNumber = -1;
  }

  #lookUp(cell: number): number {
    if (cell <= 0) return this.numberOf(cell === 0 ? "" : this.#store.text(cell));
    const known = this.#known.get(cell);
    if (known !== -1 && this.#ids[known] === cell) return known;
    const number = this.numberOf(this.#store.text(cell));
    if (number === -1) return -1;
    this.#known.set(cell, number);
    this.#ids[number] = cell;
    return number;
  }
}
