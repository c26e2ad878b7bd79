/** `kestrel status`, `top` and `ctl`: a running agent, asked over its control socket. */
import { setTimeout as delay } from "node:timers/promises";
import { askAgent } from "../agent/control/control-client.ts";
import { defaultControlPath } from "../agent/control/control-path.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { CommandFailure } from "../agent/failure.ts";
import type { ReloadReport, RunStatus } from "../agent/runtime.ts";
import { LiveView } from "../console/live-view.ts";
import { statusText } from "../console/status-text.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { argumentOfAction, controlActions } from "./control-flag-table.ts";

/** ms between two pictures of `top`. */
const refreshMs = 1000;

export async function statusCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const status = await askStatus(controlPathOf(args));
  if (args.text("format") === "json") context.out(`${JSON.stringify(status)}\n`);
  else context.out(statusText(status, context.paintOut));
  return exitCodes.ok;
}

export async function topCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const isOnce = args.isOn("once") || args.text("format") === "json" || !context.interactive;
  if (isOnce) return statusCommand(args, context);
  const path = controlPathOf(args);
  let status = await askStatus(path);
  const view = new LiveView(context.out, () => ({ rows: process.stdout.rows ?? 24 }));
  try {
    while (!context.signal.aborted) {
      view.draw(statusText(status, context.paintOut));
      await delay(refreshMs, undefined, { signal: context.signal }).catch(() => undefined);
      if (!context.signal.aborted) status = await askStatus(path);
    }
  } finally {
    view.close();
  }
  return exitCodes.ok;
}

export async function controlCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const action = controlActions.find((name) => name === args.operands[0]);
  if (action === undefined) throw new CommandFailure(`use one of ${controlActions.join(", ")}`);
  const [, value] = args.operands;
  const argument = typeof value === "string" ? value : null;
  const wanted = argumentOfAction[action];
  if (argument !== null && wanted === undefined)
    throw new CommandFailure(`${action} takes no value`);
  if (argument === null && wanted === "required") {
    throw new CommandFailure(`${action}: name rules, such as id:ID or tag:TAG`);
  }
  const result = await askAgent(controlPathOf(args), action, argument);
  if (action === "metrics") {
    context.out(String(result));
    return exitCodes.ok;
  }
  context.out(`${JSON.stringify(result ?? { done: action })}\n`);
  return isRefusal(result) ? exitCodes.findings : exitCodes.ok;
}

/** A reload, whatever it was for, that left the rules as they were. */
function isRefusal(result: unknown): boolean {
  return (result as Partial<ReloadReport> | null)?.swapped === false;
}

async function askStatus(path: string): Promise<RunStatus> {
  return (await askAgent(path, "status")) as RunStatus;
}

function controlPathOf(args: Arguments): string {
  const path = args.text("control") ?? defaultControlPath(process.geteuid?.() ?? 0, process.env);
  if (path === null) throw new CommandFailure("XDG_RUNTIME_DIR is not set: give --control SOCKET");
  return path;
}
