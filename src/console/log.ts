/** What the program says about its own work, by level. */
import type { Ink, Paint } from "./color.ts";

export const logLevels = ["error", "warn", "info", "debug"] as const;

export type LogLevel = (typeof logLevels)[number];

/** One method a level; a message may have several lines. */
export type Log = Readonly<Record<LogLevel, (message: string) => void>>;

const inks: Readonly<Record<LogLevel, Ink>> = {
  error: "bad",
  warn: "warn",
  info: "accent",
  debug: "faint",
};

/** A log whose level may change. */
export type LeveledLog = Log & { level: LogLevel };

/** A log that writes `level: message` lines for its level, at first `level`, and what is graver. */
export function createLog(
  level: LogLevel,
  write: (text: string) => void,
  paint: Paint,
): LeveledLog {
  const at = (own: LogLevel) => (message: string) => {
    if (logLevels.indexOf(own) > logLevels.indexOf(log.level)) return;
    write(`${paint(inks[own], `${own}:`)} ${message.trimEnd()}\n`);
  };
  const log: LeveledLog = {
    level,
    ...{ error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") },
  };
  return log;
}
