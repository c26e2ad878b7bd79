/** Records of a log that lie in a slice; by the index only blocks that may hold some are read. */
import { parseJson } from "../base/json.ts";
import { recordKinds } from "../event/batch.ts";
import { valuesAt } from "../event/json-path.ts";
import { Block } from "./block.ts";
import { mayHold, type Slice } from "./footer.ts";
import type { Log } from "./log-reader.ts";
import type { Damage, SegmentFile } from "./segment-file.ts";

export interface SlicedRecord {
  readonly json: string;
  readonly timeNs: bigint;
}

/** The records of the slice in order. Without an index a segment is read whole. */
export function* sliceRecords(
  log: Log,
  slice: Slice,
  onDamage: (damage: Damage) => void,
): Generator<SlicedRecord> {
  for (const segment of log.segments) {
    for (const block of blocksOf(segment, slice, onDamage)) yield* recordsOf(block, slice);
  }
}

function* blocksOf(
  segment: SegmentFile,
  slice: Slice,
  onDamage: (damage: Damage) => void,
): Generator<Block> {
  const index = segment.index();
  if (index === null) {
    for (const item of segment.items()) {
      if (item.kind === "damage") onDamage(item.damage);
      if (item.kind !== "block") continue;
      const block = new Block(item.payload);
      const { categories } = block.directory;
      if (
        mayHold(
          { ...item.head, offset: item.offset, categories, entities: block.entities() },
          slice,
        )
      ) {
        yield block;
      }
    }
    return;
  }
  for (const entry of index) {
    if (!mayHold(entry, slice)) continue;
    const payload = segment.payloadAt(entry.offset);
    if (payload !== null) {
      yield new Block(payload);
      continue;
    }
    const why = "the block does not match its checksums";
    const { number: block, offset } = entry;
    onDamage({ file: segment.path, block, offset, why, isTail: false, head: null });
  }
}

function* recordsOf(block: Block, slice: Slice): Generator<SlicedRecord> {
  const { fromNs, toNs, category, entity } = slice;
  for (let row = 0; row < block.count; row += 1) {
    const timeNs = block.times[row]!;
    if (fromNs !== undefined && timeNs < fromNs) continue;
    if (toNs !== undefined && timeNs > toNs) continue;
    const json = block.text(row);
    if (category !== undefined || entity !== undefined) {
      const isEvent = block.kinds === null || block.kinds[row] === recordKinds.event;
      if (!isEvent || !holds(json, category, entity)) continue;
    }
    yield { json, timeNs };
  }
}

function holds(json: string, category: string | undefined, entity: string | undefined): boolean {
  const parsed = parseJson(json);
  if (parsed.kind === "error") return false;
  const has = (path: string, wanted: string | undefined): boolean =>
    wanted === undefined || valuesAt(parsed.value, path).includes(wanted);
  return has("event.category", category) && has("process.entity_id", entity);
}
