/** Asks a running agent something over its control socket. */
import { connect } from "node:net";
import { systemReason } from "../../base/system-reason.ts";
import { CommandFailure } from "../failure.ts";
import type { ControlCommand, ControlResponse } from "./control-server.ts";

/** How long an agent may take to answer, ms: a reload of many rules takes seconds. */
const timeoutMs = 60_000;

/**
 * The result of `command`. Throws a CommandFailure where no agent answers at `path`, or where it says
 * that it can't.
 */
export async function askAgent(
  path: string,
  command: ControlCommand,
  argument: string | null = null,
): Promise<unknown> {
  const request = argument === null ? { command } : { command, argument };
  const line = await exchange(path, `${JSON.stringify(request)}\n`);
  const response = JSON.parse(line) as ControlResponse;
  if (!response.ok) throw new CommandFailure(`${command}: ${response.error}`);
  return response.result;
}

function exchange(path: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void =>
      reject(new CommandFailure(`no agent answers at ${path}: ${why}`, undefined, cause));
    const socket = connect(path, () => socket.end(request));
    const chunks: Buffer[] = [];
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      fail("it took too long");
    });
    socket.on("data", (bytes: Buffer) => chunks.push(bytes));
    socket.on("error", (error) => fail(systemReason(error), error));
    socket.on("close", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      if (text.endsWith("\n")) resolve(text);
      else fail("the connection was shut");
    });
  });
}
