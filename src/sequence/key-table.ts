/** Who remembers something under a key: one look-up serves all rules that an event's key is asked for. */
import type { Key } from "./key.ts";

/** What one rule remembers for one key. */
export interface Holder {
  readonly rule: { readonly serial: number };
  readonly key: Key;
}

/** The rules that remember something under one key; few, so they are looked through. */
export class KeyHolders<T extends Holder> {
  readonly #serials: number[] = [];
  readonly #holders: T[] = [];

  /** Once empty it is in no table any more, and stays so. */
  get isEmpty(): boolean {
    return this.#serials.length === 0;
  }

  find(serial: number): T | undefined {
    const serials = this.#serials;
    for (let i = 0; i < serials.length; i += 1) {
      if (serials[i] === serial) return this.#holders[i];
    }
    return undefined;
  }

  add(holder: T): void {
    this.#serials.push(holder.rule.serial);
    this.#holders.push(holder);
  }

  remove(holder: T): void {
    const place = this.#serials.indexOf(holder.rule.serial);
    const serial = this.#serials.pop()!;
    const last = this.#holders.pop()!;
    if (last === holder) return;
    this.#serials[place] = serial;
    this.#holders[place] = last;
  }
}

/** Keys of one reader are asked for in one table only: what they were found to be is noted in them. */
export class KeyTable<T extends Holder> {
  readonly #byId: Map<string, KeyHolders<T>> = new Map();
  /** Keys that came in so far. */
  #additions: number = 0;

  /** What the rule of that serial remembers under the key. */
  find(key: Key, serial: number): T | undefined {
    return this.#holdersOf(key)?.find(serial);
  }

  /** The same for a key that only its id is known of. */
  findById(id: string, serial: number): T | undefined {
    return this.#byId.get(id)?.find(serial);
  }

  add(holder: T): void {
    const { key } = holder;
    let holders = this.#holdersOf(key);
    if (holders === null) {
      holders = new KeyHolders();
      this.#byId.set(key.id, holders);
      this.#additions += 1;
      key.holders = holders;
    }
    holders.add(holder);
  }

  remove(holder: T): void {
    const { key } = holder;
    const holders = this.#holdersOf(key)!;
    holders.remove(holder);
    if (holders.isEmpty) this.#byId.delete(key.id);
  }

  #holdersOf(key: Key): KeyHolders<T> | null {
    const known = key.holders as KeyHolders<T> | null;
    if (known !== null && !known.isEmpty) return known;
    if (key.absentAt === this.#additions) return null;
    const found = this.#byId.get(key.id) ?? null;
    if (found === null) key.absentAt = this.#additions;
    key.holders = found;
    return found;
  }
}
