/** `kestrel query`: ad hoc EQL, with pipes, over files. */
import { backendNames, backends, defaultBackend } from "../agent/backends.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { hunt } from "../agent/hunt.ts";
import { loadSchema } from "../agent/prepare.ts";
import { defaultLimits } from "../base/limits.ts";
import { eventSummary, fieldText, readEvent } from "../console/event-text.ts";
import { grouped } from "../console/summary-text.ts";
import { hasErrors } from "../diagnostic/diagnostic.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import type { QueryItem } from "../study/item.ts";
import type { QueryRun } from "../study/query.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { timeUnits } from "./time-units.ts";

/** Lines written before waiting for a slow reader. */
const linesPerWrite = 1024;

export async function queryCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const query = args.rest(0)[0] ?? "";
  const result = await hunt({
    query,
    inputs: args.rest(1),
    schema: loadSchema(args.text("schema-extension")),
    mode: args.choice("schema", ["open", "closed"]) ?? "open",
    backend: backends[args.choice("backend", backendNames) ?? defaultBackend],
    limits: defaultLimits,
    categoryField: args.text("category-field"),
    timestampField: args.text("timestamp-field"),
    timestampUnit: args.choice("timestamp-unit", timeUnits),
    tiebreakerField: args.text("tiebreaker-field"),
    onProblem: (message) => context.log.error(message),
    signal: context.signal,
  });
  const colour = { colour: context.colorOut };
  if (result.run === null || hasErrors(result.diagnostics)) {
    context.err(renderDiagnostics(result.diagnostics, colour));
    return exitCodes.usage;
  }
  if (result.diagnostics.length > 0) context.log.info(renderDiagnostics(result.diagnostics));
  if (result.rejected > 0) context.log.warn(`${grouped(result.rejected)} lines are no events`);
  const isText = (args.text("format") ?? (context.interactive ? "text" : "json")) === "text";
  const print = isText ? printText : (run: QueryRun, item: QueryItem) => run.print(item);
  for (let i = 0; i < result.items.length; i += linesPerWrite) {
    const lines = result.items.slice(i, i + linesPerWrite).map((item) => print(result.run!, item));
    context.out(`${lines.join("\n")}\n`);
  }
  return result.brokenInputs.length > 0 ? exitCodes.usage : exitCodes.ok;
}

function printText(run: QueryRun, item: QueryItem): string {
  if (item.summary !== null) return run.print(item);
  const lines = item.events.map((event) => (event === null ? "(no event)" : eventLine(event)));
  if (!run.isList) return lines.join("\n");
  const keys = item.keys.map((key) => key ?? "null").join(", ");
  return [`match ${keys}`.trimEnd(), ...lines.map((line) => `  ${line}`)].join("\n");
}

function eventLine(json: string): string {
  const event = readEvent(json);
  return `${fieldText(event, "@timestamp") ?? "-"}  ${eventSummary(event)}`;
}
