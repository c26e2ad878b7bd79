/** Makes the records of a slice such that its alert comes of them again, and says whether it does. */
import type { Alert, MatchStep } from "../../alert/alert.ts";
import { alertId } from "../../alert/id.ts";
import { assert } from "../../base/assert.ts";
import type { Limits } from "../../base/limits.ts";
import type { TimeUnit } from "../../base/time.ts";
import { type DecodedRecord, EventDecoder } from "../../event/decode.ts";
import { createLayout } from "../../event/layout.ts";
import type { Redactor } from "../../log/redactor.ts";
import type { RuleSet } from "../../rule/rule-set.ts";
import type { Schema } from "../../schema/schema.ts";
import type { RecordRole, SliceContent } from "./choose-records.ts";
import { SliceChecker, type SliceVerdict, type TimedRecord } from "./slice-check.ts";
import { describeSlice, sliceEnd } from "./slice-mark.ts";

export interface SlicerOptions {
  readonly limits: Limits;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  readonly redactor?: Redactor | undefined;
}

export interface Slice {
  /** In order; the last one is a heartbeat that says what the slice is of. */
  readonly records: readonly TimedRecord[];
  readonly verdict: SliceVerdict;
}

/** A record as it will be written. */
interface SlicedRecord extends TimedRecord {
  readonly role: RecordRole;
}

/** Without these no alert can come. */
const neededRoles: ReadonlySet<RecordRole> = new Set<RecordRole>(["match", "lineage", "gap"]);

export class Slicer {
  readonly #options: SlicerOptions;
  readonly #checker: SliceChecker;

  constructor(options: SlicerOptions) {
    this.#options = options;
    this.#checker = new SliceChecker({ ...options, comparesKeys: options.redactor === undefined });
  }

  /**
   * `rules` is the set that raised the alert, `untilNs` the time that the stream has reached. Related records are left
   * out where with them something else would match: first those that the rule looks at, then all.
   */
  make(alert: Alert, rules: RuleSet, content: SliceContent, untilNs: bigint): Slice {
    const decoder = this.#decoder(rules.schema);
    const all = content.records.map(
      ({ role, json, timeNs }): SlicedRecord => ({
        role,
        timeNs,
        record: this.#read(decoder, json),
      }),
    );
    const expected = this.#asWritten(alert, decoder);
    const end = [sliceEnd(untilNs, null)];
    const check = (records: readonly SlicedRecord[]): ReturnType<SliceChecker["check"]> =>
      this.#checker.check(expected, rules, [...records, ...end]);
    const first = check(all);
    let kept = all;
    let { verdict } = first;
    if (verdict !== "same") {
      const isNeeded = ({ role }: SlicedRecord): boolean => neededRoles.has(role);
      const fewer = [
        all.filter((record, i) => isNeeded(record) || !first.hits.has(i)),
        all.filter(isNeeded),
      ];
      const found = fewer.find((records) => check(records).verdict === "same");
      if (found !== undefined) {
        kept = found;
        verdict = "same";
      }
    }
    const leftOut = content.leftOut + all.length - kept.length;
    const counts: Record<string, number> = {};
    for (const { role } of kept) counts[role] = (counts[role] ?? 0) + 1;
    const mark = describeSlice({ alert, expected, verdict, counts, leftOut });
    return { records: [...kept, sliceEnd(untilNs, mark)], verdict };
  }

  /** As SliceChecker's. */
  lookBackNs(alert: Alert, rules: RuleSet): bigint {
    return this.#checker.lookBackNs(alert, rules);
  }

  #decoder(schema: Schema): EventDecoder {
    const { limits, timestampField, timestampUnit } = this.#options;
    return new EventDecoder({
      schema,
      layout: createLayout(schema, [], limits),
      limits,
      ...(timestampField === undefined ? {} : { timestampField }),
      ...(timestampUnit === undefined ? {} : { timestampUnit }),
    });
  }

  #read(decoder: EventDecoder, json: string): DecodedRecord {
    const record = decoder.parse(json);
    assert(record.kind !== "rejected", "a record that was taken can't be read again");
    const { redactor } = this.#options;
    return redactor === undefined ? record : redactor.redact(record);
  }

  /** The alert that events raise from which something was taken out. */
  #asWritten(alert: Alert, decoder: EventDecoder): Alert {
    if (this.#options.redactor === undefined) return alert;
    const match = alert.match.map(
      (step): MatchStep =>
        step.event === null ? step : { ...step, event: this.#read(decoder, step.event).json },
    );
    const { id, path, version } = alert.rule;
    return { ...alert, match, id: alertId(id, path, version, match) };
  }
}
