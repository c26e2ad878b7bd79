/**
 * Reads the types that an ELF object describes in its section `.BTF`: structures with the offsets of
 * their members, and enumerations. See Documentation/bpf/btf.rst of the kernel.
 */
import assert from "node:assert/strict";

export interface ObjectTypes {
  /** By name: size in bytes, and offsets in bytes by member. */
  readonly structs: ReadonlyMap<string, ObjectStruct>;
  /** By name: values by enumerator. */
  readonly enums: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

export interface ObjectStruct {
  readonly sizeBytes: number;
  readonly offsets: Readonly<Record<string, number>>;
}

/** Words that follow a type's three, by kind; those of a list are for each of its entries. */
const extraWords: Readonly<Record<number, number>> = { 1: 1, 3: 3, 14: 1, 17: 1 };
const listWords: Readonly<Record<number, number>> = { 4: 3, 5: 3, 6: 2, 13: 2, 15: 3, 19: 3 };

export function readObjectTypes(object: Uint8Array): ObjectTypes {
  const section = findSection(object, ".BTF");
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  assert.equal(view.getUint16(0, true), 0xeb9f);
  const headerBytes = view.getUint32(4, true);
  const start = headerBytes + view.getUint32(8, true);
  const end = start + view.getUint32(12, true);
  const strings = headerBytes + view.getUint32(16, true);
  const nameOf = (at: number): string => stringAt(section, strings + view.getUint32(at, true));
  const structs = new Map<string, ObjectStruct>();
  const enums = new Map<string, Record<string, number>>();
  for (let at = start; at < end; ) {
    const info = view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 0x1f;
    const count = info & 0xffff;
    const entries = at + 12;
    const words = listWords[kind] ?? 0;
    const places = Array.from({ length: count }, (_, index) => entries + index * words * 4);
    if (kind === 4) {
      const offsets = places.map((it) => [
        nameOf(it),
        (view.getUint32(it + 8, true) & 0xffffff) / 8,
      ]);
      const sizeBytes = view.getUint32(at + 8, true);
      structs.set(nameOf(at), { sizeBytes, offsets: Object.fromEntries(offsets) });
    } else if (kind === 6) {
      const values = places.map((it) => [nameOf(it), view.getInt32(it + 4, true)]);
      enums.set(nameOf(at), Object.fromEntries(values));
    }
    at = entries + (extraWords[kind] ?? 0) * 4 + (kind in listWords ? count * words * 4 : 0);
  }
  return { structs, enums };
}

/** A section of a 64-bit little-endian ELF file. */
function findSection(object: Uint8Array, name: string): Uint8Array {
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  const table = Number(view.getBigUint64(0x28, true));
  const entryBytes = view.getUint16(0x3a, true);
  const count = view.getUint16(0x3c, true);
  const fileOffset = (index: number): number =>
    Number(view.getBigUint64(table + index * entryBytes + 0x18, true));
  const names = fileOffset(view.getUint16(0x3e, true));
  for (let index = 0; index < count; index += 1) {
    const header = table + index * entryBytes;
    if (stringAt(object, names + view.getUint32(header, true)) !== name) continue;
    const start = fileOffset(index);
    return object.subarray(start, start + Number(view.getBigUint64(header + 0x20, true)));
  }
  assert.fail(`no section ${name}`);
}

function stringAt(bytes: Uint8Array, start: number): string {
  return Buffer.from(bytes.subarray(start, bytes.indexOf(0, start))).toString("latin1");
}
