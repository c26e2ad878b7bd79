/** `kestrel completion`: a completion script for a shell. */
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import type { Arguments } from "./arguments.ts";
import { commandTable } from "./command-table.ts";
import { completionScript } from "./completion-script.ts";
import type { CommandContext } from "./context.ts";
import { shells } from "./flags.ts";

export async function completionCommand(
  args: Arguments,
  context: CommandContext,
): Promise<ExitCode> {
  const shell = args.rest(0)[0] ?? "";
  const script = completionScript(shell, commandTable);
  if (script === undefined) {
    throw new CommandFailure(`no completion for ${shell}: known are ${shells.join(", ")}`);
  }
  context.out(script);
  return exitCodes.ok;
}
