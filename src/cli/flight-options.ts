/** The flight recorder that `--flight-recorder` asks for. */
import { CommandFailure } from "../agent/failure.ts";
import { FlightRecorder, flightSizes, parseFlightSize } from "../agent/flight/flight-recorder.ts";
import { defaultSlicesPath } from "../agent/flight/slice-file.ts";
import { loadRedactor } from "../agent/log-output.ts";
import type { CommandContext } from "./context.ts";
import type { RunSettings } from "./run-settings.ts";
import { timeUnits } from "./time-units.ts";

/** Undefined where none is asked for. Throws a CommandFailure where the size is none or the folder can't be used. */
export function openFlightRecorder(
  { args, config, options }: RunSettings,
  context: CommandContext,
): FlightRecorder | undefined {
  const size = args.text("flight-recorder");
  if (size === undefined) {
    if (args.text("flight-slices") === undefined) return undefined;
    throw new CommandFailure("--flight-slices needs --flight-recorder");
  }
  const sizeBytes = parseFlightSize(size);
  if (sizeBytes === null) throw new CommandFailure(`--flight-recorder ${size}: use ${flightSizes}`);
  return new FlightRecorder({
    sizeBytes,
    folder: args.text("flight-slices") ?? defaultSlicesPath,
    limits: options.limits,
    timestampField: args.text("timestamp-field"),
    timestampUnit: args.choice("timestamp-unit", timeUnits),
    redactor: loadRedactor(args.text("redact"), config.redaction),
    onProblem: (message) => context.log.error(message),
  });
}
