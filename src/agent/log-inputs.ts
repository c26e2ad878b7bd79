/** The logs among the inputs of a command. */

import { Buffer } from "node:buffer";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Limits } from "../base/limits.ts";
import type { TimeUnit } from "../base/time.ts";
import type { TimedLine } from "../collect/jsonl/sorted-records.ts";
import { gapJson } from "../event/stream-record.ts";
import { LogError } from "../log/log-error.ts";
import { namesLog, pathsOf } from "../log/log-paths.ts";
import { type Log, openLogs } from "../log/log-reader.ts";
import { schemaHash } from "../log/schema-hash.ts";
import type { Damage } from "../log/segment-file.ts";
import { segmentMagic } from "../log/segment-header.ts";
import type { RuleSet } from "../rule/rule-set.ts";

/** How events say when they happened. */
export interface TimestampOptions {
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
}

export class LogInputs {
  /** All logs, in the order of the inputs. */
  readonly logs: readonly Log[];
  /** Whether no input is anything else. */
  readonly isAll: boolean;
  readonly #byInput: ReadonlyMap<string, readonly Log[]>;

  private constructor(byInput: ReadonlyMap<string, readonly Log[]>, isAll: boolean) {
    this.#byInput = byInput;
    this.logs = [...byInput.values()].flat();
    this.isAll = isAll;
  }

  /** Opens the logs among the inputs. Throws a LogError where one is none. */
  static open(inputs: readonly string[], limits: Limits): LogInputs {
    return LogInputs.#open(inputs.filter(isLog), inputs, limits);
  }

  static #open(named: readonly string[], inputs: readonly string[], limits: Limits): LogInputs {
    const paths = new Map(
      named.map((input): [string, readonly string[]] => [input, pathsOf(input)]),
    );
    for (const [input, found] of paths) {
      if (found.length === 0) throw new LogError("not-a-log", `${input} is a folder without logs`);
    }
    // Segments that are named one by one may belong to one log.
    const logs = openLogs([...new Set([...paths.values()].flat())], limits);
    const byInput = new Map<string, Log[]>();
    for (const log of logs) {
      const { path } = log.segments[0]!;
      const input = [...paths].find(([, found]) => found.includes(path))![0];
      byInput.set(input, [...(byInput.get(input) ?? []), log]);
    }
    for (const input of paths.keys()) if (!byInput.has(input)) byInput.set(input, []);
    return new LogInputs(
      byInput,
      inputs.every((input) => paths.has(input)),
    );
  }

  /** Opens inputs that all must be logs. Throws a LogError where one is none. */
  static openAll(inputs: readonly string[], limits: Limits): LogInputs {
    return LogInputs.#open(inputs, inputs, limits);
  }

  get isEmpty(): boolean {
    return this.#byInput.size === 0;
  }

  /** Whether records come in the order of their times when the logs are read one after the other. */
  isInOrder(): boolean {
    let newestNs: bigint | null = null;
    for (const log of this.logs) {
      const span = log.span();
      if (span === null) continue;
      if (!span.isInOrder || (newestNs !== null && span.fromNs < newestNs)) return false;
      newestNs = span.toNs;
    }
    return true;
  }

  /** The timestamp options all logs were recorded with; null where they differ, or from `asked`. */
  timestampOptions(asked: TimestampOptions): TimestampOptions | null {
    const known = this.logs.flatMap(({ header }) => (header === null ? [] : [header]));
    const field = asked.timestampField ?? known[0]?.timestampField ?? "@timestamp";
    const unit = asked.timestampUnit ?? known[0]?.timestampUnit ?? "ms";
    const isSame = known.every(
      ({ timestampField, timestampUnit }) => timestampField === field && timestampUnit === unit,
    );
    return isSame ? { timestampField: field, timestampUnit: unit } : null;
  }

  /** The records of an input as lines; null where it is no log. */
  lines(
    input: string,
    asked: TimestampOptions,
    onDamage: (damage: Damage) => void,
  ): Iterable<TimedLine> | null {
    const logs = this.#byInput.get(input);
    if (logs === undefined) return null;
    const isAsked = asked.timestampField !== undefined || asked.timestampUnit !== undefined;
    const isTimed = !isAsked || this.timestampOptions(asked) !== null;
    return linesOf(logs, isTimed, onDamage);
  }

  /** In what a log was recorded otherwise than it is replayed. */
  mismatches({ rules, engineVersion }: { rules: RuleSet; engineVersion: string }): string[] {
    const schema = schemaHash(rules.schema);
    return this.logs.flatMap(({ header, segments }) => {
      if (header === null) return [];
      const { path } = segments[0]!;
      const found: string[] = [];
      if (header.engineVersion !== engineVersion) {
        found.push(
          `${path} was recorded by version ${header.engineVersion}; this is ${engineVersion}`,
        );
      }
      if (header.schemaHash !== schema) {
        found.push(
          `${path} was recorded with other fields: schema ${header.schemaHash}, not ${schema}`,
        );
      }
      if (header.rulePackHash !== null && header.rulePackHash !== rules.packHash) {
        found.push(
          `${path} was recorded with other rules: pack ${header.rulePackHash}, not ${rules.packHash}`,
        );
      }
      return found;
    });
  }

  close(): void {
    for (const log of this.logs) log.close();
  }
}

/** Whether an input is a log: by its name, or by how it begins. */
export function isLog(input: string): boolean {
  if (input === "-") return false;
  if (namesLog(input)) return true;
  if (!(statSync(input, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
  const start = Buffer.alloc(segmentMagic.length);
  try {
    const fd = openSync(input, "r");
    try {
      readSync(fd, start, 0, start.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Whoever reads it as text will say why it can't be read.
  }
  return start.equals(segmentMagic);
}

function* linesOf(
  logs: readonly Log[],
  isTimed: boolean,
  onDamage: (damage: Damage) => void,
): Generator<TimedLine> {
  for (const log of logs) {
    for (const item of log.items({ onDamage })) {
      if (item.kind === "gap") {
        yield { json: gapJson(item.gap, item.timeNs), timeNs: item.timeNs };
        continue;
      }
      const { block } = item;
      for (let row = 0; row < block.count; row += 1) {
        yield { json: block.text(row), timeNs: isTimed ? block.times[row]! : null };
      }
    }
  }
}
