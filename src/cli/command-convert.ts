/** `kestrel convert`: recordings in another form. */
import { convert } from "../agent/convert.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import { loadSchema } from "../agent/prepare.ts";
import { defaultLimits } from "../base/limits.ts";
import { convertText, damageText } from "../console/log-text.ts";
import { engineVersion } from "../engine/version.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { keepingOf, sliceOf } from "./log-options.ts";
import { timeUnits } from "./time-units.ts";

export async function convertCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const files = args.rest(0);
  const output = files.at(-1);
  if (output === undefined || files.length < 2) {
    throw new CommandFailure("name what to read and then what to write");
  }
  const summary = await convert({
    ...sliceOf(args),
    inputs: files.slice(0, -1),
    output,
    keeping: keepingOf(args),
    schema: loadSchema(args.text("schema-extension")),
    limits: defaultLimits,
    engineVersion,
    timestampField: args.text("timestamp-field"),
    timestampUnit: args.choice("timestamp-unit", timeUnits),
    onProblem: (message) => context.log.error(message),
    onDamage: (damage) => context.log.error(damageText(damage)),
    signal: context.signal,
  });
  const isText = (args.text("format") ?? (context.interactive ? "text" : "json")) === "text";
  const { damaged } = summary;
  context.err(
    isText
      ? convertText(summary)
      : `${JSON.stringify({ ...summary, damaged: damaged.map(({ file, block, offset, why }) => ({ file, block, offset, why })) })}\n`,
  );
  if (summary.broken_inputs.length > 0) return exitCodes.usage;
  return damaged.length > 0 ? exitCodes.findings : exitCodes.ok;
}
