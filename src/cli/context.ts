/** What every command is given beside its arguments. */
import type { Writable } from "node:stream";
import { createPaint, type Paint, usesColor } from "../console/color.ts";
import { createLog, type LeveledLog, logLevels } from "../console/log.ts";
import type { Arguments } from "./arguments.ts";

export interface CommandContext {
  readonly stdout: Writable;
  /** Writes text to standard output. */
  readonly out: (text: string) => void;
  /** Writes text to standard error, whatever the log level is. */
  readonly err: (text: string) => void;
  readonly log: LeveledLog;
  /** Colours for standard output, and for standard error. */
  readonly paintOut: Paint;
  readonly paintErr: Paint;
  readonly colorOut: boolean;
  /** Whether standard output is a terminal. */
  readonly interactive: boolean;
  /** Aborted by the first Ctrl-C (or SIGTERM). */
  readonly signal: AbortSignal;
}

export function createContext(args: Arguments, signal: AbortSignal): CommandContext {
  const { stdout, stderr, env } = process;
  const colorOut = usesColor(stdout, env);
  const paintErr = createPaint(usesColor(stderr, env));
  const err = (text: string): void => {
    stderr.write(text);
  };
  return {
    stdout,
    out: (text) => {
      stdout.write(text);
    },
    err,
    log: createLog(args.choice("log-level", logLevels) ?? "warn", err, paintErr),
    paintOut: createPaint(colorOut),
    paintErr,
    colorOut,
    interactive: stdout.isTTY === true,
    signal,
  };
}
