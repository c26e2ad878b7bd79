/** `kestrel run`: live sources through rules. */

import { backendNames, backends, defaultBackend } from "../agent/backends.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import type { FlightRecorder } from "../agent/flight/flight-recorder.ts";
import { settleHeap } from "../agent/heap.ts";
import { openLogOutput } from "../agent/log-output.ts";
import { takePidFile } from "../agent/pid-file.ts";
import { type PreparedRules, prepareRules, provenanceOf } from "../agent/prepare.ts";
import { dropPrivileges } from "../agent/privileges.ts";
import { unknownRules } from "../agent/rule-additions.ts";
import { ruleErrors } from "../agent/rule-errors.ts";
import { RuleHistory } from "../agent/rule-history.ts";
import { RuleSwitches } from "../agent/rule-switches.ts";
import { type LoadedRuleSet, startRun } from "../agent/run.ts";
import type { ReloadReport, Runtime } from "../agent/runtime.ts";
import { hashedContents, openSources } from "../agent/sources.ts";
import type { LiveSummary } from "../agent/summary.ts";
import { loadRulesBeside } from "../agent/workers/load-beside.ts";
import type { Provenance } from "../alert/alert.ts";
import type { BusInput } from "../bus/bus.ts";
import { grouped } from "../console/summary-text.ts";
import { interestOf } from "../engine/interest.ts";
import type { LogWriter } from "../log/log-writer.ts";
import type { AlertOutput } from "./alert-output.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { openFlightRecorder } from "./flight-options.ts";
import { endSignal, keepingOf } from "./log-options.ts";
import { reportRules } from "./rule-options.ts";
import { openRunControl } from "./run-control.ts";
import { type RunSettings, runSettings, sieveOf } from "./run-settings.ts";
import { openRunOutput } from "./sink-options.ts";
import { scopeRequestOf, sourceSpecsOf } from "./source-options.ts";
import { timeUnits } from "./time-units.ts";

export async function runCommand(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const settings = runSettings(given, context);
  const path = settings.args.text("pid-file");
  const pidFile = path === undefined ? null : takePidFile(path);
  try {
    return await runSettled(settings, context);
  } finally {
    pidFile?.release();
  }
}

async function runSettled(settings: RunSettings, context: CommandContext): Promise<ExitCode> {
  const { args, config, options } = settings;
  const specs = sourceSpecsOf(args);
  const scope = scopeRequestOf(args);
  const prepared = prepareRules(options);
  reportRules(prepared, context);
  reportUnknownRules(prepared, settings, context);
  settleHeap();
  const provenance = { ...provenanceOf(prepared.compiled) };
  const inputs = await openSources({
    specs: specs.length === 0 ? [{ kind: "auto" }] : specs,
    limits: options.limits,
    interest: interestOf(prepared.compiled.set),
    scope,
    usesEbpf: !args.isOn("no-ebpf"),
    hashes: args.choice("hash", hashedContents),
    onNotice: (message) => context.log.warn(message),
    onChoice: (message) => context.err(`${message}\n`),
  });
  const { output, log, flight } = openOutputs(settings, context, prepared, provenance, inputs);
  const end = endSignal(args.number("for"), context.signal);
  const loaded = { rules: prepared.compiled.set, errors: ruleErrors(prepared) };
  const switches = new RuleSwitches();
  const history = new RuleHistory(loaded, () => loadAgain(settings, switches.off));
  const run = startRun({
    inputs,
    rules: prepared.compiled.set,
    backend: backends[args.choice("backend", backendNames) ?? defaultBackend],
    limits: options.limits,
    engineVersion: provenance.engineVersion,
    sinks: [output.sink],
    rejectFile: args.text("reject"),
    timestampField: args.text("timestamp-field"),
    timestampUnit: args.choice("timestamp-unit", timeUnits),
    onProblem: (message) => context.log.warn(message),
    log,
    flight,
    sieve: sieveOf(settings, context),
    windowMs: config.windowMs,
    loadRules: () => history.load(),
    ruleErrors: ruleErrors(prepared),
    onRules: (rules) => {
      history.adopted();
      provenance.rulePackHash = rules.packHash;
      provenance.schemaVersion = rules.schema.version;
    },
    signal: end.signal,
  });
  const dropped = dropPrivileges();
  context.log.debug(`gave up ${dropped.capabilities.length} capabilities`);
  const stopListening = reloadOnSignal(run, context);
  let closeControl: (() => void) | null = null;
  try {
    const steering = { run, sink: output.sink, history, switches, log: context.log };
    closeControl = await openRunControl(args, steering);
    context.err("ready\n");
    const summary = await run.ended;
    // A receiver over the network may be owed some, and what it does not take now is lost.
    await output.sink.close();
    const lost = output.sink.counters.lost;
    return conclude({ ...summary, lost_alerts: lost }, output, log, context);
  } finally {
    stopListening();
    closeControl?.();
    await stopped(run);
    end.clear();
    await output.sink.close();
  }
}

/** Exceptions and suppression for a rule that is not there do nothing, which somebody should know. */
function reportUnknownRules(
  { loaded }: PreparedRules,
  { config }: RunSettings,
  context: CommandContext,
): void {
  for (const id of unknownRules(loaded.rules, config)) {
    context.log.warn(`the configuration speaks of a rule that is not there: ${id}`);
  }
}

interface Outputs {
  readonly output: AlertOutput;
  readonly log: LogWriter | undefined;
  readonly flight: FlightRecorder | undefined;
}

/** Where alerts and records go. Where one can't be opened the sources are closed, so that the program ends. */
function openOutputs(
  settings: RunSettings,
  context: CommandContext,
  prepared: PreparedRules,
  provenance: Provenance,
  inputs: readonly BusInput[],
): Outputs {
  let output: AlertOutput | null = null;
  try {
    output = openRunOutput(settings.args, context, provenance, settings.options.limits);
    const flight = openFlightRecorder(settings, context);
    return { output, flight, log: openRecord(settings, context, prepared, provenance) };
  } catch (error) {
    for (const { source } of inputs) source.close();
    void output?.sink.close();
    throw error;
  }
}

function openRecord(
  { args, config, options }: RunSettings,
  context: CommandContext,
  prepared: PreparedRules,
  provenance: Provenance,
): LogWriter | undefined {
  const path = args.text("record");
  if (path === undefined) return undefined;
  return openLogOutput({
    ...keepingOf(args),
    redaction: config.redaction,
    path,
    limits: options.limits,
    schema: prepared.compiled.set.schema,
    engineVersion: provenance.engineVersion,
    // A segment that begins after a reload has other rules beside it.
    get rulePackHash() {
      return provenance.rulePackHash;
    },
    timestampField: args.text("timestamp-field"),
    timestampUnit: args.choice("timestamp-unit", timeUnits),
    isLive: true,
    onLoss: (message) => context.log.error(message),
  });
}

/** Each SIGHUP loads the rules anew. Returns what ends the listening. */
function reloadOnSignal(run: Runtime, context: CommandContext): () => void {
  const reload = async (): Promise<void> => reportReload(await run.reload(), context);
  const listener = (): void => {
    reload().catch((error: unknown) => context.log.error(String(error)));
  };
  process.on("SIGHUP", listener);
  return () => process.off("SIGHUP", listener);
}

function reportReload(report: ReloadReport, context: CommandContext): void {
  if (!report.swapped) {
    context.log.error(
      `rules were not reloaded, the old ones go on:\n${report.problems.join("\n")}`,
    );
    return;
  }
  const { rules, added, removed, changed, partials_dropped: dropped } = report;
  const changes = `${added.length} added, ${removed.length} removed, ${changed.length} changed`;
  const lost = dropped === 0 ? "" : `; ${grouped(dropped)} partial matches were given up`;
  context.log.warn(`rules reloaded: ${grouped(rules)} in use, ${changes}${lost}`);
}

/** Ends the run where it has not ended yet; how it ended is told elsewhere. */
async function stopped(run: Runtime): Promise<void> {
  run.stop();
  await run.ended.catch(() => undefined);
}

/** The rules as they are on disk now, without those that are switched `off`. Throws a CommandFailure. */
async function loadAgain(
  { options, config }: RunSettings,
  off: readonly string[],
): Promise<LoadedRuleSet> {
  if (options.rules.includes("-")) {
    throw new CommandFailure("rules from standard input can be read only once");
  }
  const { adjust: _adjust, ...plain } = options;
  const disable = [...plain.disable, ...off];
  return loadRulesBeside({ options: { ...plain, disable }, config });
}

function conclude(
  summary: LiveSummary,
  output: AlertOutput,
  log: LogWriter | undefined,
  context: CommandContext,
): ExitCode {
  output.summarize(summary);
  context.log.debug(JSON.stringify(summary.counters));
  if (summary.lost_alerts > 0) {
    context.log.error(`${grouped(summary.lost_alerts)} alerts could not be written`);
    return exitCodes.usage;
  }
  if (log !== undefined && log.lost > 0) {
    context.log.error(`${grouped(log.lost)} records could not be logged`);
    return exitCodes.usage;
  }
  const unwritten = summary.flight_recorder?.slices.failed ?? 0;
  if (unwritten > 0) {
    context.log.error(`${grouped(unwritten)} slices could not be written`);
    return exitCodes.usage;
  }
  return summary.broken_inputs.length > 0 ? exitCodes.usage : exitCodes.ok;
}
