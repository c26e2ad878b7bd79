/** `kestrel record`: a live source into a log. */
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import { openLogOutput } from "../agent/log-output.ts";
import { loadSchema } from "../agent/prepare.ts";
import { type RecordSummary, record } from "../agent/record.ts";
import { hashedContents, openSources } from "../agent/sources.ts";
import { defaultLimits } from "../base/limits.ts";
import { recordText } from "../console/log-text.ts";
import { grouped } from "../console/summary-text.ts";
import { engineVersion } from "../engine/version.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { endSignal, keepingOf } from "./log-options.ts";
import { scopeRequestOf, sourceSpecsOf } from "./source-options.ts";
import { timeUnits } from "./time-units.ts";

export async function recordCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const specs = sourceSpecsOf(args);
  if (specs.length === 0) throw new CommandFailure("name what to follow with --source jsonl:PATH");
  const path = args.text("out");
  if (path === undefined) throw new CommandFailure("name the log to write with --out FILE.klog");
  const schema = loadSchema(args.text("schema-extension"));
  const timestamps = {
    timestampField: args.text("timestamp-field"),
    timestampUnit: args.choice("timestamp-unit", timeUnits),
  };
  const inputs = await openSources({
    specs,
    limits: defaultLimits,
    interest: null,
    scope: scopeRequestOf(args),
    usesEbpf: !args.isOn("no-ebpf"),
    hashes: args.choice("hash", hashedContents),
    onNotice: (message) => context.log.warn(message),
    onChoice: (message) => context.err(`${message}\n`),
  });
  const printsAcks = args.isOn("acks");
  const log = openLogOutput({
    ...keepingOf(args),
    ...timestamps,
    path,
    limits: defaultLimits,
    schema,
    engineVersion,
    rulePackHash: null,
    isLive: true,
    onAcknowledge: (block) => {
      if (printsAcks) context.out(`${JSON.stringify(block)}\n`);
    },
    onLoss: (message) => context.log.error(message),
  });
  const end = endSignal(args.number("for"), context.signal);
  let summary: RecordSummary;
  try {
    summary = await record({
      ...timestamps,
      inputs,
      log,
      schema,
      limits: defaultLimits,
      rejectFile: args.text("reject"),
      onProblem: (message) => context.log.warn(message),
      signal: end.signal,
    });
  } finally {
    end.clear();
  }
  const isText = (args.text("format") ?? (context.interactive ? "text" : "json")) === "text";
  context.err(isText ? recordText(summary) : `${JSON.stringify(summary)}\n`);
  if (summary.lost > 0) {
    context.log.error(`${grouped(summary.lost)} records could not be logged`);
    return exitCodes.usage;
  }
  return summary.broken_inputs.length > 0 ? exitCodes.usage : exitCodes.ok;
}
