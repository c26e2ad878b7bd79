/** Fields of a simulation, each with JSON values and what they mean for a rule (docs/events.md, "Types"). */
import type { Prng } from "../../src/base/prng.ts";
import type { FieldDefinition, FieldType } from "../../src/schema/type.ts";

/** A value as rules see it: whole numbers are bigints, dates ns since the epoch. */
export type Value = string | bigint | number | boolean;

export interface Sample {
  /** As it stands in an event. */
  readonly json: string;
  /** Null where it does not fit the field's type. */
  readonly value: Value | null;
}

export interface FieldModel {
  readonly path: string;
  readonly type: FieldType;
  readonly samples: readonly Sample[];
}

function texts(...values: readonly string[]): Sample[] {
  return values.map((value) => ({ json: JSON.stringify(value), value }));
}

const words: readonly Sample[] = texts("sh", "curl", "cat", "SH", "/bin/sh", "x.exe", "é", "a b");
const oddWords: readonly Sample[] = [
  { json: "7", value: "7" },
  { json: "true", value: "true" },
  { json: '"\\u0073h"', value: "sh" },
  { json: '""', value: "" },
  { json: "1.50", value: "1.5" },
  { json: '"É"', value: "É" },
];

const numbers: readonly Sample[] = [
  { json: "0", value: 0n },
  { json: "1", value: 1n },
  { json: "2", value: 2n },
  { json: "5", value: 5n },
  { json: "22", value: 22n },
  { json: "-3", value: -3n },
];
const oddNumbers: readonly Sample[] = [
  { json: '"5"', value: 5n },
  { json: "2.9", value: 2n },
  { json: "-2.9", value: -2n },
  { json: "9007199254740993", value: 9007199254740993n },
  { json: "9223372036854775807", value: 9223372036854775807n },
  { json: "9223372036854775808", value: null },
  { json: "1e400", value: null },
  { json: '"x"', value: null },
  { json: "true", value: null },
];

const decimals: readonly Sample[] = [
  { json: "0", value: 0 },
  { json: "1.5", value: 1.5 },
  { json: "-0.5", value: -0.5 },
  { json: "10", value: 10 },
  { json: '"2.5"', value: 2.5 },
  { json: "1e400", value: null },
  { json: '"much"', value: null },
];

const flags: readonly Sample[] = [
  { json: "true", value: true },
  { json: "false", value: false },
  { json: '"true"', value: true },
  { json: '"yes"', value: null },
  { json: "1", value: null },
];

const dates: readonly Sample[] = [
  { json: '"2026-01-01T00:00:00Z"', value: 1_767_225_600_000_000_000n },
  { json: '"2026-01-01T02:00:00.000000001+02:00"', value: 1_767_225_600_000_000_001n },
  { json: "1767225601000", value: 1_767_225_601_000_000_000n },
  { json: '"2025-12-31"', value: 1_767_139_200_000_000_000n },
  { json: '"soon"', value: null },
];

const addresses: readonly Sample[] = [
  { json: '"10.0.0.1"', value: "10.0.0.1" },
  { json: '"10.0.0.2"', value: "10.0.0.2" },
  { json: '"192.168.1.5"', value: "192.168.1.5" },
  { json: '"::ffff:10.0.0.1"', value: "10.0.0.1" },
  { json: '"fd00::1"', value: "fd00::1" },
  { json: '"localhost"', value: null },
];

const versions: readonly Sample[] = texts("1.2.0", "1.10.0", "2.0.0", "1.2.10");

const samplesOf: Readonly<Record<string, readonly Sample[]>> = {
  keyword: [...words, ...oddWords],
  long: [...numbers, ...oddNumbers],
  double: decimals,
  boolean: flags,
  date: dates,
  ip: addresses,
  version: versions,
};

/** Fields by which sequences join: few values, so that they meet. */
export const keyFields: readonly FieldModel[] = [
  { path: "host.id", type: "keyword", samples: texts("h1", "h2") },
  { path: "user.id", type: "keyword", samples: [...texts("u1", "u2"), { json: "7", value: "7" }] },
  { path: "process.pid", type: "long", samples: [...numbers.slice(1, 4), oddNumbers[0]!] },
  { path: "source.ip", type: "ip", samples: addresses.slice(0, 4) },
];

const builtIn: readonly FieldModel[] = [
  { path: "process.name", type: "keyword", samples: words.slice(0, 4) },
  { path: "process.args", type: "keyword", samples: [...words, ...oddWords] },
  { path: "process.exit_code", type: "long", samples: [...numbers, ...oddNumbers] },
  { path: "process.interactive", type: "boolean", samples: flags },
  { path: "file.path", type: "keyword", samples: words.slice(2) },
  { path: "destination.ip", type: "ip", samples: addresses },
];

/** By which events belong to processes, and processes to each other. */
export const lineageFields: readonly FieldModel[] = [
  { path: "process.entity_id", type: "keyword", samples: texts("p1", "p2", "p3", "p4") },
  { path: "process.parent.entity_id", type: "keyword", samples: texts("p1", "p2", "p3") },
  { path: "event.action", type: "keyword", samples: texts("fork", "exec", "end") },
  { path: "event.type", type: "keyword", samples: texts("start", "end", "info") },
];

const extensionTypes = Object.keys(samplesOf) as FieldType[];

/** A few fields of a user's own and all that the simulation uses of the built-in ones; `extension` is the former. */
export function drawFields(random: Prng): {
  readonly fields: readonly FieldModel[];
  readonly extension: readonly FieldDefinition[];
} {
  const own = Array.from({ length: 2 + random.int(4) }, (_unused, index) => {
    const type = random.pick(extensionTypes);
    const samples = samplesOf[type]!;
    // Few of the values, so that rules hold now and then.
    const few = Array.from({ length: 3 + random.int(4) }, () => random.pick(samples));
    return { path: `sim.${random.pick(["a", "b", "c"])}${index}`, type, samples: few };
  });
  const extension = own.map(({ path, type }) => ({
    path,
    type,
    multiple: false,
    categories: [],
    description: "",
    origin: "extension" as const,
  }));
  return { fields: [...keyFields, ...lineageFields, ...builtIn, ...own], extension };
}
