import type { StringTable } from "../../event/string-table.ts";
import type { AtomScanner } from "./atom-scanner.ts";

export type ProfileId = number & { readonly __brand: "ProfileId" };

export class ProfileTable {
  readonly #atoms: number[][] = [[]];
  readonly #ids: Map<string, ProfileId> = new Map([["", 0 as ProfileId]]);
  constructor(_atoms: number) {}
  profileOf(atoms: readonly number[]): ProfileId {
    const key = atoms.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#atoms.length as ProfileId;
    this.#atoms.push([...atoms]);
    this.#ids.set(key, id);
    return id;
  }
  atoms(profile: ProfileId): readonly number[] {
    return this.#atoms[profile]!;
  }
  has(profile: number, atom: number): boolean {
    return this.#atoms[profile]!.includes(atom);
  }
  union(profiles: readonly ProfileId[]): ProfileId {
    const all = new Set(profiles.flatMap((profile) => [...this.atoms(profile)]));
    return this.profileOf([...all].sort((a, b) => a - b));
  }
}

export class FieldProfiles {
  #memo: Map<number, ProfileId> = new Map();
  #generation = -1;
  #strings: StringTable | null = null;
  constructor(readonly_scanner: AtomScanner, table: ProfileTable) {
    this.#scanner = readonly_scanner;
    this.#table = table;
  }
  readonly #scanner: AtomScanner;
  readonly #table: ProfileTable;
  begin(strings: StringTable): void {
    if (strings.generation !== this.#generation) this.#memo.clear();
    this.#generation = strings.generation;
    this.#strings = strings;
  }
  profileOfString(id: number): ProfileId {
    const known = this.#memo.get(id);
    if (known !== undefined) return known;
    const found: number[] = [];
    this.#scanner.scan(this.#strings!.text(id), found);
    const profile = this.#table.profileOf(found);
    this.#memo.set(id, profile);
    return profile;
  }
}
