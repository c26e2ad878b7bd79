/** For tests: blocks without files. */
import { defaultLimits } from "../base/limits.ts";
import type { DecodedRecord } from "../event/decode.ts";
import { Block } from "./block.ts";
import { BlockBuilder } from "./block-builder.ts";

/** The block of records with their times. */
export function blockOf(
  records: readonly (readonly [DecodedRecord, bigint])[],
  limits: typeof defaultLimits = defaultLimits,
): Block {
  const builder = new BlockBuilder(limits);
  for (const [record, timeNs] of records) builder.add(record, timeNs);
  return new Block(builder.build().payload);
}
