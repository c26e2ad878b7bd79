/** Failures of the world around: what stops a command, with the exit code it stops with. */
import { type ExitCode, exitCodes } from "./exit-codes.ts";

/** A failure that the user can mend: its message is all that is shown. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.usage, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** What the system said, for people: "no such file". */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
      return "no such file or folder";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a folder";
    case "ENOSPC":
      return "no space left";
    default:
      return message;
  }
}
