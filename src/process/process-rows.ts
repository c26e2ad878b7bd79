/**
 * The processes as rows of sixteen words, one cache line each, and how they are found. A row's place is reused once
 * the batch in which it was left is over; the number of its process tells whether it still is the one that was meant.
 */
import { hashFactor } from "../base/int-map.ts";
import { HostNames } from "./host-names.ts";
import { PlaceIndex } from "./place-index.ts";
import { pidKinds, pidNumber } from "./process-cells.ts";
import type { ProcessIdentity, ProcessRecord } from "./process-record.ts";
import { hashText, TextStore } from "./text-store.ts";

/** Words of a row. The first ones are its details; texts are cells (text-store.ts). */
export const rowWords = {
  entityId: 0,
  name: 1,
  executable: 2,
  commandLine: 3,
  /** Of `pidKinds`, and the pid as there. */
  pidKind: 4,
  pidLow: 5,
  pidHigh: 6,
  host: 7,
  flags: 8,
  /** Place of the parent that its creating row named, -1 for none, and the number of the process that was there. */
  parent: 9,
  parentNumber: 10,
  number: 11,
  /** Row of the current batch that linked it to its parent; -1 for an earlier one. */
  linkedRow: 12,
  /** Row of the current batch at which it left the table; `never` before. */
  evictedRow: 13,
  /** Its latest entry in the version log, or 0. */
  history: 14,
} as const;

/** Words that make up the details. */
export const detailWords = 7;
/** The first words that are cells. */
const textWords = 4;
/** log2 of the words of a row. */
export const rowShift = 4;
export const never = 0x7fffffff;

/** Bits of a row's flags. */
export const rowFlags = {
  /** Events of its own were seen, and not only events that name it as a parent. */
  seen: 1,
  ended: 2,
  /** A row of its own named its parent. */
  linked: 4,
  /** Its pid leads to it. */
  holdsPid: 8,
} as const;

const hostFactor = 0x85ebca6b;
const startRows = 256;
/** Rows beside the limit: of processes that were evicted in the current batch. */
const spareRows = 2048;

export class ProcessRows {
  words: Int32Array = new Int32Array(startRows << rowShift);
  readonly #limit: number;
  readonly store: TextStore = new TextStore();
  readonly hosts: HostNames = new HostNames(this.store);
  /** Places that were in use at some time. */
  places: number = 0;
  readonly #free: number[] = [];
  #numbers: number = 0;
  /** By host and entity id, where that is an id of the string table at hand. */
  readonly #byId: PlaceIndex = new PlaceIndex();
  /** By host and entity id, where that is in the store. */
  readonly #byText: PlaceIndex = new PlaceIndex();
  /** By host and pid: the latest process of each. */
  readonly #byPid: PlaceIndex = new PlaceIndex();
  /** Those of `#byId` by their texts, where somebody asked for it. */
  readonly #asked: PlaceIndex = new PlaceIndex();

  /** For about `limit` processes at a time; more are held, too. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    const indexes = [this.#byId, this.#byText, this.#byPid, this.#asked];
    const indexed = indexes.reduce((sum, { bytes }) => sum + bytes, 0);
    return this.words.byteLength + this.store.bytes + indexed;
  }

  /** A row for a process on a host, with no details. */
  add(host: number): number {
    const place = this.#free.pop() ?? this.places;
    if (place === this.places) this.places += 1;
    const at = place << rowShift;
    if (at === this.words.length) this.#grow();
    const { words } = this;
    this.#numbers = (this.#numbers + 1) | 0;
    words[at + rowWords.host] = host;
    words[at + rowWords.number] = this.#numbers;
    words[at + rowWords.parent] = -1;
    words[at + rowWords.evictedRow] = never;
    this.hosts.hold(host);
    return place;
  }

  /** The place may be used for another process; it must not be registered. */
  giveBack(place: number): void {
    const at = place << rowShift;
    this.hosts.release(this.words[at + rowWords.host]!);
    this.words.fill(0, at, at + (1 << rowShift));
    this.#free.push(place);
  }

  /** The process of an entity id on a host, by its cell, which is not 0; -1 for none. */
  findEntity(host: number, cell: number): number {
    const { words } = this;
    if (cell > 0) {
      const index = this.#byId;
      const hash = hashOfId(host, cell);
      for (let place = index.first(hash); place !== -1; place = index.next(hash)) {
        const at = place << rowShift;
        if (words[at + rowWords.entityId] === cell && words[at + rowWords.host] === host) {
          return place;
        }
      }
    }
    return this.#byText.size === 0 ? -1 : this.#findText(host, cell);
  }

  /** The process of an entity id on a host; -1 for none. */
  findEntityText(host: number, text: string): number {
    if (this.#asked.size < this.#byId.size) this.#indexTexts();
    const hash = mix(host, hashText(text));
    for (const index of [this.#byText, this.#asked]) {
      for (let place = index.first(hash); place !== -1; place = index.next(hash)) {
        if (this.isEntity(place, host, text)) return place;
      }
    }
    return -1;
  }

  /** Whether the process has that entity id and host. */
  isEntity(place: number, host: number, text: string): boolean {
    const at = place << rowShift;
    const cell = this.words[at + rowWords.entityId]!;
    return cell !== 0 && this.words[at + rowWords.host] === host && this.store.text(cell) === text;
  }

  /** The latest process of a pid, given as its kind and words, on a host; -1 for none. */
  findPid(host: number, kind: number, low: number, high: number): number {
    const hash = this.#hashOfPid(host, kind, low, high);
    const index = this.#byPid;
    for (let place = index.first(hash); place !== -1; place = index.next(hash)) {
      if (this.words[(place << rowShift) + rowWords.host] !== host) continue;
      if (this.isPid(place, kind, low, high)) return place;
    }
    return -1;
  }

  isPid(place: number, kind: number, low: number, high: number): boolean {
    const { words } = this;
    const at = place << rowShift;
    if (words[at + rowWords.pidKind] !== kind) return false;
    const known = words[at + rowWords.pidLow]!;
    if (kind === pidKinds.text) return this.store.isSame(known, low);
    return known === low && words[at + rowWords.pidHigh] === high;
  }

  /** Lets its entity id, which no other process of its host has, lead to the process. */
  registerEntity(place: number): void {
    const at = place << rowShift;
    const host = this.words[at + rowWords.host]!;
    const cell = this.words[at + rowWords.entityId]!;
    if (cell > 0) this.#byId.add(hashOfId(host, cell), place);
    else if (cell < 0) this.#byText.add(mix(host, this.store.hash(cell)), place);
  }

  /** Lets its pid lead to the process, and no longer to another one. */
  registerPid(place: number): void {
    const { words } = this;
    const at = place << rowShift;
    const kind = words[at + rowWords.pidKind]!;
    if (kind === pidKinds.none || (words[at + rowWords.flags]! & rowFlags.holdsPid) !== 0) return;
    const host = words[at + rowWords.host]!;
    const low = words[at + rowWords.pidLow]!;
    const high = words[at + rowWords.pidHigh]!;
    words[at + rowWords.flags]! |= rowFlags.holdsPid;
    const latest = this.findPid(host, kind, low, high);
    const hash = this.#hashOfPid(host, kind, low, high);
    if (latest === -1) this.#byPid.add(hash, place);
    else {
      this.#byPid.replace(hash, latest, place);
      words[(latest << rowShift) + rowWords.flags]! &= ~rowFlags.holdsPid;
    }
  }

  unregisterEntity(place: number): void {
    const at = place << rowShift;
    const host = this.words[at + rowWords.host]!;
    const cell = this.words[at + rowWords.entityId]!;
    if (cell > 0) this.#byId.remove(hashOfId(host, cell), place);
    else if (cell < 0) this.#byText.remove(mix(host, this.store.hash(cell)), place);
  }

  /** Its pid leads to the process no more, if it did. */
  unregisterPid(place: number): void {
    const { words } = this;
    const at = place << rowShift;
    if ((words[at + rowWords.flags]! & rowFlags.holdsPid) === 0) return;
    words[at + rowWords.flags]! &= ~rowFlags.holdsPid;
    const kind = words[at + rowWords.pidKind]!;
    const host = words[at + rowWords.host]!;
    const low = words[at + rowWords.pidLow]!;
    const high = words[at + rowWords.pidHigh]!;
    this.#byPid.remove(this.#hashOfPid(host, kind, low, high), place);
  }

  /** Forgets the answers to `findEntityText`, before processes come or go. */
  change(): void {
    this.#asked.clear();
  }

  identityOf(place: number): ProcessIdentity {
    const { words } = this;
    const at = place << rowShift;
    return {
      hostId: this.hosts.text(words[at + rowWords.host]!),
      entityId: this.#textOf(words[at]!),
      pid: this.#pidText(words, at),
    };
  }

  /** The details at `at` of `words`. */
  recordOf(words: Int32Array, at: number): ProcessRecord {
    const pid = this.#pidText(words, at);
    return {
      entityId: this.#textOf(words[at + rowWords.entityId]!) ?? pid ?? "",
      pid: pid === null ? null : Number(pid),
      name: this.#textOf(words[at + rowWords.name]!),
      executable: this.#textOf(words[at + rowWords.executable]!),
      commandLine: this.#textOf(words[at + rowWords.commandLine]!),
    };
  }

  /** Copies all texts to the store, so that the string table at hand is needed no more; then `others` does the same. */
  settle(others: (settleDetails: (words: Int32Array, at: number) => void) => void): void {
    const { words, store } = this;
    store.beginSettling();
    const settleDetails = (some: Int32Array, at: number): void => {
      for (let i = at; i < at + textWords; i += 1) some[i] = store.settle(some[i]!);
      if (some[at + rowWords.pidKind] !== pidKinds.text) return;
      some[at + rowWords.pidLow] = store.settle(some[at + rowWords.pidLow]!);
    };
    for (let place = 0; place < this.places; place += 1) {
      const at = place << rowShift;
      const cell = words[at + rowWords.entityId]!;
      settleDetails(words, at);
      if (cell <= 0 || words[at + rowWords.evictedRow] !== never) continue;
      const host = words[at + rowWords.host]!;
      this.#byText.add(mix(host, store.hash(words[at + rowWords.entityId]!)), place);
    }
    others(settleDetails);
    store.endSettling();
    this.#byId.clear();
    this.#asked.clear();
    this.hosts.forgetCells();
  }

  /** The process by the text of its entity id; what is found has the id from now on. */
  #findText(host: number, cell: number): number {
    const { words, store } = this;
    const index = this.#byText;
    const hash = mix(host, store.hash(cell));
    for (let place = index.first(hash); place !== -1; place = index.next(hash)) {
      const at = place << rowShift;
      if (words[at + rowWords.host] !== host) continue;
      if (!store.isSame(words[at + rowWords.entityId]!, cell)) continue;
      if (cell > 0) {
        index.remove(hash, place);
        words[at + rowWords.entityId] = cell;
        this.#byId.add(hashOfId(host, cell), place);
      }
      return place;
    }
    return -1;
  }

  #grow(): void {
    const rows = this.words.length >> rowShift;
    const room = this.#limit + spareRows;
    const grown = new Int32Array((rows < room ? Math.min(rows * 2, room) : rows * 2) << rowShift);
    grown.set(this.words);
    this.words = grown;
  }

  #indexTexts(): void {
    const { words, store } = this;
    this.#asked.clear();
    for (let place = 0; place < this.places; place += 1) {
      const at = place << rowShift;
      const cell = words[at + rowWords.entityId]!;
      if (cell <= 0 || words[at + rowWords.evictedRow] !== never) continue;
      this.#asked.add(mix(words[at + rowWords.host]!, store.hash(cell)), place);
    }
  }

  #textOf(cell: number): string | null {
    return cell === 0 ? null : this.store.text(cell);
  }

  /** The pid of the details at `at`. */
  #pidText(words: Int32Array, at: number): string | null {
    const kind = words[at + rowWords.pidKind]!;
    if (kind === pidKinds.none) return null;
    const low = words[at + rowWords.pidLow]!;
    if (kind === pidKinds.text) return this.#textOf(low);
    return String(pidNumber(low, words[at + rowWords.pidHigh]!));
  }

  #hashOfPid(host: number, kind: number, low: number, high: number): number {
    if (kind === pidKinds.text) return mix(host, this.store.hash(low));
    return mix(host, low ^ Math.imul(high, hostFactor));
  }
}

function hashOfId(host: number, cell: number): number {
  return mix(host, cell);
}

/** Well mixed upper bits out of a host's number and a word. */
function mix(host: number, word: number): number {
  return Math.imul(word ^ Math.imul(host, hostFactor), hashFactor);
}
