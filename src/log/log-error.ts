/** Why a file can't be read or written as a log. */
import { systemReason } from "../base/system-reason.ts";

/**
 * - `not-a-log`, `empty`, `cut-header`, `newer-version`, `missing-segment`: the input is not what it should be;
 * - `unreadable`: a block whose checksums hold has contents that break the format;
 * - `system`: the file can't be opened, read or written; `cause` holds the system's error.
 */
export type LogErrorCode =
  | "not-a-log"
  | "empty"
  | "cut-header"
  | "newer-version"
  | "missing-segment"
  | "unreadable"
  | "system";

/** Its message names the file and is meant for people. */
export class LogError extends Error {
  override readonly name = "LogError";
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The failure of the system to `act` ("read", "write") on a file. */
export function systemError(act: string, path: string, cause: unknown): LogError {
  return new LogError("system", `can't ${act} ${path}: ${systemReason(cause)}`, cause);
}
