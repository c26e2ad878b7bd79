/** One seed makes a whole scenario: schema, rules and their changes, sources, sinks, restarts, limits. */
import { defaultLimits, type Limits } from "../../src/base/limits.ts";
import { Prng } from "../../src/base/prng.ts";
import { formatIso } from "../../src/base/time.ts";
import type { SourceName } from "../../src/collect/source.ts";
import type { Fragment } from "../../src/event/pieced-event.ts";
import { heartbeatJson } from "../../src/event/stream-record.ts";
import type { BackendName } from "../../src/predicate/contract.ts";
import { builtInSchema } from "../../src/schema/field-table.ts";
import type { Schema } from "../../src/schema/schema.ts";
import { drawFields, type FieldModel } from "./field-pool.ts";
import {
  drawEvent,
  drawGap,
  drawPieces,
  drawProcess,
  drawTrap,
  type Given,
  type ProcessModel,
} from "./record.ts";
import { drawRule, type RuleModel } from "./rule-model.ts";

/** What a source gives at a moment of the virtual clock. */
export interface Portion {
  readonly atMs: number;
  readonly given: readonly Given[];
}

export interface SourceScript {
  readonly name: SourceName;
  readonly canWait: boolean;
  readonly horizonMs: number;
  /** How far its clock is ahead of the wall clock, ms. */
  readonly skewMs: number;
  /** Whether it says by heartbeats that time has passed. */
  readonly beats: boolean;
  /** In order of time. */
  readonly portions: readonly Portion[];
  /** When it ends by itself, ms; never where infinite. */
  readonly endsMs: number;
  /** When it can't go on any more, ms; never where infinite. */
  readonly diesMs: number;
}

export interface ReloadScript {
  readonly atMs: number;
  /** How long the rules take to load. */
  readonly loadMs: number;
  /** `bad` ones have an error, `absent` ones can't be read: the old rules go on. */
  readonly outcome: "swap" | "bad" | "absent";
  /** Index in the rule sets of the scenario. */
  readonly ruleSet: number;
}

/** From a start of the agent to its end. */
export interface RunScript {
  readonly fromMs: number;
  /** Infinite for a run that ends when its sources do. */
  readonly toMs: number;
  readonly ruleSet: number;
  readonly reloads: readonly ReloadScript[];
}

export interface SinkScript {
  /** How long a delivery takes, ms. */
  readonly delayMs: number;
  /** What is delivered between these moments is lost. */
  readonly failsFromMs: number;
  readonly failsToMs: number;
}

export interface Scenario {
  readonly seed: number;
  readonly startNs: bigint;
  readonly schema: Schema;
  readonly fields: readonly FieldModel[];
  readonly ruleSets: readonly (readonly RuleModel[])[];
  readonly sources: readonly SourceScript[];
  readonly runs: readonly RunScript[];
  readonly sinks: readonly SinkScript[];
  readonly backend: BackendName;
  readonly limits: Limits;
  /** Whether the engine may have to give up what the language promises, marked as such. */
  readonly isTight: boolean;
  readonly windowMs: number;
  /** Of events of category `file` one in so many is kept. */
  readonly samplesFiles: number;
  readonly log: { readonly blockMs: number; readonly segmentBytes: number };
}

/** 2026-03-02T09:00:00Z. */
const startNs = 1_772_442_000_000_000_000n;
const nsPerMs = 1_000_000n;

export function drawScenario(seed: number): Scenario {
  const random = new Prng(seed);
  const { fields, extension } = drawFields(random);
  const ruleSets = drawRuleSets(random, fields);
  const lengthMs = random.pick([500, 3000, 10_000, 30_000]);
  const hasTraps = random.int(3) !== 0;
  const sources = Array.from({ length: 1 + random.int(4) }, (_unused, index) =>
    drawSource(random, fields, index, lengthMs, hasTraps),
  );
  const isTight = random.int(6) === 0;
  return {
    ...{ seed, isTight },
    startNs,
    schema: builtInSchema().extend(extension),
    fields,
    ruleSets,
    sources,
    runs: drawRuns(random, lengthMs, ruleSets.length),
    sinks: Array.from({ length: 1 + random.int(2) }, () => drawSink(random, lengthMs)),
    backend: random.pick(["wasm", "interpret"]),
    limits: drawLimits(random, isTight),
    windowMs: random.pick([0, 0, 5, 50]),
    samplesFiles: random.int(6) === 0 ? 2 + random.int(3) : 1,
    log: {
      blockMs: random.pick([10, 100, 1000]),
      segmentBytes: random.pick([8000, 40_000, 0x10000000]),
    },
  };
}

/** Limits under which the engine gives up partial matches, gaps and windows. */
const tightLimits: Partial<Limits> = {
  ...{ partialsPerRule: 3, partialsPerKey: 2, partialBytes: 3000 },
  ...{ gaps: 2, suppressionKeys: 1, keyCombinations: 2, processes: 2 },
};

function drawLimits(random: Prng, isTight: boolean): Limits {
  return {
    ...defaultLimits,
    ...(isTight ? tightLimits : {}),
    batchEvents: random.pick([1, 3, 16, 64, 1024]),
    busEvents: random.pick([20, 60, 300, 100_000]),
    stringTableBytes: random.pick([300, 3000, defaultLimits.stringTableBytes]),
    memoBytes: random.pick([300, 5000, defaultLimits.memoBytes]),
    batchListCells: 0x1000,
    logBlockRows: random.pick([2, 20, 100, 8192]),
    lineBytes: 4096,
  };
}

function drawRuleSets(random: Prng, fields: readonly FieldModel[]): RuleModel[][] {
  const nameOf = (index: number): string => `rule${String(index).padStart(2, "0")}`;
  let next = 3 + random.int(12);
  const first = Array.from({ length: next }, (_unused, i) => drawRule(random, fields, nameOf(i)));
  const sets = [first];
  for (let more = random.int(3); more > 0; more -= 1) {
    const kept = sets.at(-1)!.flatMap((rule) => {
      const dice = random.int(8);
      if (dice === 0) return [];
      return dice === 1 ? [drawRule(random, fields, rule.path.replace(/\..*/, ""))] : [rule];
    });
    for (let added = random.int(3); added > 0; added -= 1) {
      kept.push(drawRule(random, fields, nameOf(next)));
      next += 1;
    }
    sets.push(kept);
  }
  return sets;
}

function drawRuns(random: Prng, lengthMs: number, sets: number): RunScript[] {
  const runs: RunScript[] = [];
  let fromMs = 0;
  for (let more = random.int(3); more >= 0; more -= 1) {
    const toMs =
      more === 0 ? Number.POSITIVE_INFINITY : fromMs + 1 + random.int(Math.ceil(lengthMs / 2));
    const untilMs = Math.min(toMs, lengthMs);
    const reloads = Array.from({ length: sets === 1 ? 0 : random.int(3) }, () => ({
      atMs: fromMs + random.int(Math.max(1, untilMs - fromMs)),
      loadMs: random.pick([0, 0, 20, 300]),
      outcome: random.pick(["swap", "swap", "swap", "bad", "absent"] as const),
      ruleSet: random.int(sets),
    }));
    runs.push({ fromMs, toMs, ruleSet: random.int(sets), reloads });
    if (toMs >= lengthMs) break;
    fromMs = toMs + random.pick([0, 0, 50, 1000]);
  }
  return runs;
}

function drawSink(random: Prng, lengthMs: number): SinkScript {
  const fails = random.int(3) === 0;
  const failsFromMs = fails ? random.int(lengthMs) : Number.POSITIVE_INFINITY;
  const failsToMs = failsFromMs + random.int(lengthMs);
  return { delayMs: random.pick([0, 0, 1, 30, 400]), failsFromMs, failsToMs };
}

const sourceNames: readonly SourceName[] = ["ebpf", "audit", "socket", "jsonl"];

function drawSource(
  random: Prng,
  fields: readonly FieldModel[],
  index: number,
  lengthMs: number,
  hasTraps: boolean,
): SourceScript {
  const name = sourceNames[index]!;
  const horizonMs = random.pick([0, 5, 100, 1000]);
  const skewMs = random.int(3) === 0 ? random.int(4000) - 2000 : 0;
  const stepMs = random.pick([1, 1, 10, 100]);
  // Sensors give most events in pieces.
  const processes = Array.from({ length: name === "ebpf" ? 4 : 0 }, () =>
    drawProcess(random, fields),
  );
  const heads = new Map<string, Fragment>();
  const shape = { fields, name, horizonMs, skewMs, stepMs, hasTraps, processes, heads };
  const moments = Array.from({ length: 3 + random.int(20) }, () => random.int(lengthMs));
  const portions: Portion[] = [];
  for (const atMs of moments.sort((a, b) => a - b)) {
    const given = drawPortion(random, { ...shape, atMs, number: portions.length });
    portions.push({ atMs, given });
  }
  const endsMs = random.int(3) === 0 ? Math.ceil(lengthMs / 2) : lengthMs;
  const diesMs = random.int(20) === 0 ? random.int(lengthMs) : Number.POSITIVE_INFINITY;
  const canWait = name === "jsonl" || random.int(4) === 0;
  return { name, canWait, horizonMs, skewMs, beats: random.int(2) === 0, portions, endsMs, diesMs };
}

interface PortionShape {
  readonly fields: readonly FieldModel[];
  readonly name: SourceName;
  readonly horizonMs: number;
  readonly skewMs: number;
  /** How finely the source's clock ticks, ms. */
  readonly stepMs: number;
  readonly hasTraps: boolean;
  readonly processes: readonly ProcessModel[];
  readonly heads: Map<string, Fragment>;
  readonly atMs: number;
  readonly number: number;
}

function drawPortion(random: Prng, shape: PortionShape): Given[] {
  const count = random.int(10) === 0 ? 30 + random.int(60) : 1 + random.int(6);
  return Array.from({ length: count }, (_unused, index) => {
    const timeNs = drawTime(random, shape);
    const dice = random.int(60);
    if (dice === 0) return drawGap(random, shape.name, timeNs);
    if (dice === 1) return { kind: "heartbeat", json: heartbeatJson(quietNs(shape)) };
    if (dice < 4 && shape.hasTraps) return drawTrap(random, formatIso(timeNs));
    const id = `${shape.name}-${shape.number}-${index}`;
    if (shape.processes.length > 0 && random.int(10) !== 0) {
      const shared = { process: random.pick(shape.processes), heads: shape.heads };
      return { kind: "event", event: drawPieces(random, shape.fields, id, timeNs, shared) };
    }
    return { kind: "event", event: drawEvent(random, shape.fields, id, timeNs) };
  });
}

/** Before this the source gives nothing from now on, but for what comes late. */
export function quietNs(shape: Pick<PortionShape, "atMs" | "skewMs" | "horizonMs">): bigint {
  return startNs + BigInt(shape.atMs + shape.skewMs - shape.horizonMs) * nsPerMs;
}

function drawTime(random: Prng, { atMs, horizonMs, skewMs, stepMs }: PortionShape): bigint {
  const isLate = random.int(80) === 0;
  const agoMs = isLate ? 2000 + random.int(5000) : random.int(horizonMs + 1);
  const ms = Math.max(atMs - agoMs, atMs - (isLate ? agoMs : horizonMs));
  const ticks = Math.floor(ms / stepMs) * stepMs;
  const stepped = isLate ? ticks : Math.max(ticks, atMs - horizonMs);
  const fineNs = random.int(10) === 0 && stepped < atMs ? BigInt(random.int(1_000_000)) : 0n;
  return startNs + BigInt(stepped + skewMs) * nsPerMs + fineNs;
}
