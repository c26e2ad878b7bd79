/** Orders records of one moment by a field, where a log has one for that. */
import { compareByCodePoint } from "../base/text-order.ts";
import type { SortedRecord } from "../collect/jsonl/sorted-records.ts";
import { valuesAt } from "../event/json-path.ts";

/**
 * Records in (time, `field`, arrival) order from records in (time, arrival) order: numbers before
 * texts, records without a value last. All records of one moment are held at once.
 */
export async function* tiebreak(
  blocks: AsyncIterable<readonly SortedRecord[]>,
  field: string,
): AsyncGenerator<readonly SortedRecord[]> {
  let moment: SortedRecord[] = [];
  for await (const block of blocks) {
    for (const record of block) {
      if (moment.length > 0 && moment[0]!.timeNs !== record.timeNs) {
        yield sortMoment(moment, field);
        moment = [];
      }
      moment.push(record);
    }
  }
  if (moment.length > 0) yield sortMoment(moment, field);
}

function sortMoment(moment: SortedRecord[], field: string): SortedRecord[] {
  if (moment.length === 1) return moment;
  return moment
    .map((entry) => ({ entry, rank: valuesAt(entry.record.value, field)[0] }))
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .map(({ entry }) => entry);
}

function compareRanks(a: unknown, b: unknown): number {
  const kind = kindOf(a) - kindOf(b);
  if (kind !== 0 || a === undefined) return kind;
  if (kindOf(a) === 1) return compareByCodePoint(String(a), String(b));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

function kindOf(rank: unknown): number {
  if (rank === undefined) return 2;
  return typeof rank === "number" || typeof rank === "bigint" ? 0 : 1;
}
