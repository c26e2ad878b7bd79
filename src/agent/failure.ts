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
