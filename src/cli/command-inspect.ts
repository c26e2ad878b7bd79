/** `kestrel inspect`: checks logs and prints what they hold. */
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { eachRecord, inspectLogs } from "../agent/inspect.ts";
import { defaultLimits } from "../base/limits.ts";
import { damageText, reportText } from "../console/log-text.ts";
import type { Slice } from "../log/footer.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { sliceOf } from "./log-options.ts";

export async function inspectCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const inputs = args.rest(0);
  const slice: Slice = {
    ...sliceOf(args),
    category: args.text("category"),
    entity: args.text("entity"),
  };
  const isSlice = Object.values(slice).some((value) => value !== undefined);
  if (args.isOn("events") || isSlice) return printEvents(inputs, slice, context);
  const report = inspectLogs(inputs, defaultLimits);
  const isText = (args.text("format") ?? (context.interactive ? "text" : "json")) === "text";
  context.out(isText ? reportText(report, context.paintOut) : `${JSON.stringify(report)}\n`);
  return report.damaged.length > 0 ? exitCodes.findings : exitCodes.ok;
}

/** Lines written at once. */
const linesPerWrite = 1024;

function printEvents(inputs: readonly string[], slice: Slice, context: CommandContext): ExitCode {
  let damaged = 0;
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) context.out(`${lines.join("\n")}\n`);
    lines = [];
  };
  eachRecord(
    inputs,
    slice,
    defaultLimits,
    (json) => {
      lines.push(json);
      if (lines.length >= linesPerWrite) flush();
    },
    (damage) => {
      damaged += 1;
      context.log.error(damageText(damage));
    },
  );
  flush();
  return damaged > 0 ? exitCodes.findings : exitCodes.ok;
}
