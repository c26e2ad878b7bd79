#!/usr/bin/env node
/** The program `kestrel`: parses the command line and runs one command. */
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import { engineVersion } from "../engine/version.ts";
import type { Arguments } from "./arguments.ts";
import { backtestCommand } from "./command-backtest.ts";
import { completionCommand } from "./command-completion.ts";
import { controlCommand, statusCommand, topCommand } from "./command-control.ts";
import { convertCommand } from "./command-convert.ts";
import { doctorCommand } from "./command-doctor.ts";
import { explainCommand } from "./command-explain.ts";
import { inspectCommand } from "./command-inspect.ts";
import { listCommand } from "./command-list.ts";
import { profileCommand } from "./command-profile.ts";
import { queryCommand } from "./command-query.ts";
import { recordCommand } from "./command-record.ts";
import { replayCommand } from "./command-replay.ts";
import { runCommand } from "./command-run.ts";
import { commandTable } from "./command-table.ts";
import { testCommand } from "./command-test.ts";
import { validateCommand } from "./command-validate.ts";
import { type CommandContext, createContext } from "./context.ts";
import type { CommandName } from "./flags.ts";
import { parseAndRun } from "./parser.ts";

type Handler = (args: Arguments, context: CommandContext) => Promise<ExitCode>;

const handlers: Readonly<Partial<Record<CommandName, Handler>>> = {
  validate: validateCommand,
  list: listCommand,
  replay: replayCommand,
  profile: profileCommand,
  backtest: backtestCommand,
  query: queryCommand,
  explain: explainCommand,
  test: testCommand,
  run: runCommand,
  doctor: doctorCommand,
  status: statusCommand,
  top: topCommand,
  ctl: controlCommand,
  record: recordCommand,
  convert: convertCommand,
  inspect: inspectCommand,
  completion: completionCommand,
};

process.stdout.on("error", (error) => endOnOutputError(error));
process.stderr.on("error", (error) => endOnOutputError(error));
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<ExitCode> {
  const signal = listenForInterrupt();
  try {
    return await parseAndRun(argv, {
      version: engineVersion,
      commands: commandTable.filter((entry) => handlers[entry.name] !== undefined),
      handle: async (entry, args) =>
        (await handlers[entry.name]?.(args, createContext(args, signal))) ?? exitCodes.usage,
      writeOut: (text) => process.stdout.write(text),
      writeError: (text) => process.stderr.write(text),
    });
  } catch (error) {
    if (error instanceof CommandFailure) {
      process.stderr.write(`error: ${error.message}\n`);
      return error.exitCode;
    }
    const trace = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`kestrel has a defect: ${trace}\n`);
    return exitCodes.internal;
  }
}

/** The first Ctrl-C lets the command end by itself, a second one ends it at once. */
function listenForInterrupt(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return controller.signal;
}

/** A reader that went away is no failure; anything else that can't be written is one. */
function endOnOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  process.exit(exitCodes.usage);
}
