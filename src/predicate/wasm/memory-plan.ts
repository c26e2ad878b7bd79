/**
 * One linear memory for everything that compiled predicates read and write:
 *
 * ```
 * batch        as event/layout.ts says
 * addresses    i32 [rows] for each tested field: where the row's profile has its bits
 * bits         for each tested field: profiles x stride bytes, a bit an atom; the first row is all 0
 * lineage      1,024 bits for each subquery and relation
 * candidates   1,024 bits a root: rows to look at
 * results      1,024 bits a root: rows that hold
 * touched      i32 [roots]: which roots have candidates, by place in program.roots
 * hits         i32 [roots]: which roots hold for some row
 * ```
 *
 * Every part starts at a multiple of 16 bytes. The size is fixed, so that views stay valid.
 */

/** WebAssembly's page size. */
const pageBytes = 0x10000;

/** Address 0 is never used, so that it can mean "nowhere". */
const firstByte = 16;

export interface TestedField {
  /** Number of tests on the field. */
  readonly atoms: number;
}

export interface FieldPlace {
  readonly addresses: number;
  readonly bits: number;
  /** Bytes of one profile's bits. */
  readonly stride: number;
  /** Profiles that have room; the first is the empty one. */
  readonly profiles: number;
}

export interface MemoryPlan {
  readonly batch: number;
  readonly fields: readonly FieldPlace[];
  readonly lineage: number;
  readonly candidates: number;
  readonly results: number;
  readonly touched: number;
  readonly hits: number;
  /** Bytes of one bitmap over the rows of a batch. */
  readonly bitmapBytes: number;
  readonly pages: number;
}

export function planMemory(
  batchBytes: number,
  rows: number,
  fields: readonly TestedField[],
  lineageQueries: number,
  roots: number,
): MemoryPlan {
  let end = firstByte;
  const take = (bytes: number): number => {
    const start = end;
    end = (end + bytes + 15) & ~15;
    return start;
  };
  const bitmapBytes = ((rows + 31) >>> 5) * 4;
  // Twice a batch's worst case, so that profiles are forgotten rarely.
  const profiles = rows * 2 + 2;
  return {
    bitmapBytes,
    batch: take(batchBytes),
    fields: fields.map(({ atoms }) => {
      const stride = (atoms + 7) >>> 3;
      return { addresses: take(rows * 4), bits: take(profiles * stride), stride, profiles };
    }),
    lineage: take(lineageQueries * 3 * bitmapBytes),
    candidates: take(roots * bitmapBytes),
    results: take(roots * bitmapBytes),
    touched: take(roots * 4),
    hits: take(roots * 4),
    pages: Math.ceil(end / pageBytes),
  };
}
