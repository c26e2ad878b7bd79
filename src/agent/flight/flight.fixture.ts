/** For tests: an engine with a flight recorder beside it, and what its slices hold and replay to. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "../../alert/alert.ts";
import { sha256Hex } from "../../base/hash.ts";
import { defaultLimits, type Limits } from "../../base/limits.ts";
import { formatIso } from "../../base/time.ts";
import { engineVersion } from "../../engine/version.ts";
import { readLog } from "../../log/log.fixture.ts";
import { interpretBackend } from "../../predicate/interpret/interpret.ts";
import { compileRules } from "../../rule/compile.ts";
import { parseRuleFile } from "../../rule/parse.ts";
import type { RuleSet } from "../../rule/rule-set.ts";
import { builtInSchema } from "../../schema/field-table.ts";
import { CallingSink } from "../../sink/calling-sink.fixture.ts";
import { LiveEngine } from "../live-engine.ts";
import { replay } from "../replay.ts";
import { type FlightOptions, FlightRecorder, type FlightReport } from "./flight-recorder.ts";

/** Compiles rules, each given as the text of a file by its path. Throws where one has an error. */
export function rulesOf(files: Readonly<Record<string, string>>): RuleSet {
  const rules = Object.entries(files).flatMap(([path, text]) => {
    const parsed = parseRuleFile({ path, text }, sha256Hex);
    if (parsed.diagnostics.length > 0) throw new Error(parsed.diagnostics[0]!.message);
    return parsed.rules;
  });
  const { set, diagnostics } = compileRules(rules, { schema: builtInSchema() });
  if (diagnostics.length > 0) throw new Error(diagnostics[0]!.message);
  return set;
}

const startNs = 1_767_225_600_000_000_000n;

/** A moment of a test's stream, ns since the epoch. */
export function atSecond(second: number): bigint {
  return startNs + BigInt(Math.round(second * 1e6)) * 1000n;
}

export interface EventShape {
  readonly second: number;
  /** Entity id of the process, its parent's, and further ancestors'. */
  readonly id: string;
  readonly parent?: string;
  readonly ancestry?: readonly string[];
  readonly name?: string;
  readonly category?: string;
  readonly action?: string;
  /** More, so that the event has a size. */
  readonly padding?: number;
  readonly user?: string;
  /** `file.name` */
  readonly file?: string;
}

/** The JSON text of an event. */
export function eventText(shape: EventShape): string {
  const { second, id, parent, ancestry, category = "process", action = "exec" } = shape;
  return JSON.stringify({
    "@timestamp": formatIso(atSecond(second)),
    event: { category: [category], type: ["start"], action },
    host: { id: "h" },
    process: {
      entity_id: id,
      name: shape.name ?? id,
      ...(parent === undefined ? {} : { parent: { entity_id: parent } }),
      ...(ancestry === undefined ? {} : { Ext: { ancestry } }),
      command_line: "x".repeat(shape.padding ?? 0),
    },
    ...(shape.file === undefined ? {} : { file: { name: shape.file } }),
    ...(shape.user === undefined ? {} : { user: { id: shape.user } }),
  });
}

export interface Flight {
  readonly alerts: readonly Alert[];
  readonly report: FlightReport;
  /** JSON texts of a slice by its name, the description at its end left out. */
  readonly records: (slice: string | undefined) => readonly string[];
  /** That description. */
  readonly description: (slice: string | undefined) => SliceDescription;
  /** The alerts that a slice replays to, with all rules or others. */
  readonly replay: (slice: string | undefined, rules?: RuleSet) => Promise<readonly Alert[]>;
}

export interface SliceDescription {
  readonly alert: string;
  readonly alert_after_redaction?: string;
  readonly replays_to: string;
  readonly records: Readonly<Record<string, number>>;
  readonly left_out: number;
}

export interface FlyOptions extends Partial<Omit<FlightOptions, "limits">> {
  readonly rules: RuleSet;
  readonly limits?: Partial<Limits>;
  /** Records in a portion, after which what waits is evaluated; 1 unless given. */
  readonly portion?: number;
  /** Called before each portion, with the number of records before it. */
  readonly beforePortion?: (records: number, engine: LiveEngine) => void;
}

/** A folder that goes with the test. */
export function temporaryFolder(after: (remove: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-slices-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs lines in their order through rules with a recorder beside them, whose clock stands still. */
export function fly(lines: readonly string[], folder: string, options: FlyOptions): Flight {
  const limits = { ...defaultLimits, ...options.limits };
  const alerts: Alert[] = [];
  const flight = new FlightRecorder({
    sizeBytes: 0x100000,
    folder,
    onProblem: (message) => {
      throw new Error(message);
    },
    ...options,
    limits,
  });
  const engine = new LiveEngine({
    rules: options.rules,
    backend: interpretBackend,
    limits,
    engineVersion,
    onAlert: (alert, rules) => alerts.push(flight.begin(alert, rules)),
    onLineage: (record) => flight.addLineage(record),
  });
  const portion = options.portion ?? 1;
  for (const [i, line] of lines.entries()) {
    if (i % portion === 0) {
      options.beforePortion?.(i, engine);
      engine.flush();
      flight.tick(0);
    }
    const record = engine.parse(line);
    if (record.kind === "rejected") throw new Error(record.message);
    flight.addRecord(record, record.timeNs ?? 0n);
    engine.push(record, record.timeNs ?? 0n);
  }
  engine.finish();
  flight.close();
  return {
    alerts,
    report: flight.report,
    records: (slice) => contentsOf(folder, slice).slice(0, -1),
    description: (slice) => JSON.parse(contentsOf(folder, slice).at(-1)!).kestrel.slice,
    replay: (slice, rules = options.rules) => alertsOf(join(folder, slice ?? ""), rules, limits),
  };
}

function contentsOf(folder: string, slice: string | undefined): readonly string[] {
  const { records } = readLog(join(folder, slice ?? ""));
  return records.map((record) => record.slice(record.indexOf(" ") + 1));
}

async function alertsOf(path: string, rules: RuleSet, limits: Limits): Promise<readonly Alert[]> {
  const alerts: Alert[] = [];
  await replay({
    inputs: [path],
    rules,
    backend: interpretBackend,
    limits,
    engineVersion,
    sinks: [new CallingSink((alert) => alerts.push(alert))],
    onProblem: (message) => {
      throw new Error(message);
    },
    onNotice: () => undefined,
  });
  return alerts;
}
