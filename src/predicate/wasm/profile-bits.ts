/** Publishes the profiles of one field's rows as bits in the module's memory. */
import type { RowProfiles } from "../prefilter/row-profiles.ts";
import type { FieldPlace } from "./memory-plan.ts";

export class ProfileBits {
  readonly #profiles: RowProfiles;
  readonly #place: FieldPlace;
  readonly #addresses: Int32Array;
  readonly #bytes: Uint8Array;
  /** Address of each profile's bits; 0 where it has none yet. */
  #published: Int32Array = new Int32Array(16);
  #count: number = 1;
  /** Whether every row's address is that of the empty profile. */
  #isEmpty: boolean = false;
  #generation: number = 0;

  constructor(profiles: RowProfiles, memory: ArrayBufferLike, place: FieldPlace) {
    this.#profiles = profiles;
    this.#place = place;
    this.#addresses = new Int32Array(memory, place.addresses, profiles.rows.length);
    this.#bytes = new Uint8Array(memory);
    this.#forget();
  }

  /** Before a batch: room for one more profile a row, whatever the rows hold. */
  makeRoom(rows: number): void {
    if (this.#count + rows > this.#place.profiles) this.#forget();
  }

  /** Writes where each row's bits are. */
  publish(rows: number): void {
    if (this.#generation !== this.#profiles.generation) this.#forget();
    const { rows: profiles } = this.#profiles;
    const addresses = this.#addresses;
    if (this.#profiles.isEmpty) {
      if (!this.#isEmpty) addresses.fill(this.#place.bits);
      this.#isEmpty = true;
      return;
    }
    this.#isEmpty = false;
    this.#makePublished(this.#profiles.table.count);
    const published = this.#published;
    for (let row = 0; row < rows; row += 1) {
      const profile = profiles[row]!;
      addresses[row] = published[profile]! || this.#write(profile);
    }
  }

  #write(profile: number): number {
    const address = this.#place.bits + this.#count * this.#place.stride;
    this.#count += 1;
    this.#bytes.fill(0, address, address + this.#place.stride);
    for (const atom of this.#profiles.table.atoms(profile as never)) {
      this.#bytes[address + (atom >>> 3)]! |= 0x1 << (atom & 7);
    }
    this.#published[profile] = address;
    return address;
  }

  #makePublished(profiles: number): void {
    if (profiles <= this.#published.length) return;
    const grown = new Int32Array(profiles * 2);
    grown.set(this.#published);
    this.#published = grown;
  }

  #forget(): void {
    // The empty profile keeps the first row of bits, which are all 0.
    this.#published.fill(0);
    this.#published[0] = this.#place.bits;
    this.#count = 1;
    this.#generation = this.#profiles.generation;
  }
}
