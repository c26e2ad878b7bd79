/** Where `replay` and `run` put alerts and their summary. */

import { CommandFailure } from "../agent/failure.ts";
import type { RunSummary } from "../agent/summary.ts";
import type { Provenance } from "../alert/alert.ts";
import { alertJson } from "../alert/serialize.ts";
import { systemReason } from "../base/system-reason.ts";
import { alertText } from "../console/alert-text.ts";
import type { Paint } from "../console/color.ts";
import { profileText } from "../console/profile-text.ts";
import { summaryText } from "../console/summary-text.ts";
import type { AlertFormat, Sink } from "../sink/contract.ts";
import { openFileSink } from "../sink/file-sink.ts";
import { openStreamSink } from "../sink/stream-sink.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";

export interface AlertOutput {
  readonly sink: Sink;
  /** Prints the summary: beside alerts on standard output it goes to standard error. */
  readonly summarize: (summary: RunSummary) => void;
}

/** The output that `--alerts` and `--format` ask for. Throws a CommandFailure. */
export function openAlertOutput(
  args: Arguments,
  context: CommandContext,
  provenance: Provenance,
): AlertOutput {
  const path = args.text("alerts");
  const asked = args.choice("format", ["text", "json"]);
  const format = asked ?? (context.interactive ? "text" : "json");
  const asJson: AlertFormat = (alert) => `${alertJson(alert, provenance)}\n`;
  if (path !== undefined) {
    return {
      sink: openFile(path, asJson),
      summarize: (summary) => context.out(renderSummary(summary, format, context.paintOut)),
    };
  }
  const asText: AlertFormat = (alert) => alertText(alert, context.paintOut);
  return {
    sink: openStreamSink(context.stdout, { format: format === "json" ? asJson : asText }),
    summarize: (summary) => context.err(renderSummary(summary, format, context.paintErr)),
  };
}

/** The summary as it is printed. */
export function renderSummary(summary: RunSummary, format: "text" | "json", paint: Paint): string {
  if (format === "json") return `${JSON.stringify(summary)}\n`;
  const text = summaryText(summary, paint);
  return summary.profile === undefined ? text : `${text}\n${profileText(summary.profile, paint)}`;
}

/** A file of alerts, emptied. Throws a CommandFailure where it can't be opened. */
export function openFile(path: string, format: AlertFormat): Sink {
  try {
    return openFileSink(path, format);
  } catch (error) {
    throw new CommandFailure(`can't write ${path}: ${systemReason(error)}`, undefined, error);
  }
}
