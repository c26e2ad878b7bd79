/** The control socket of a running agent: requests and responses are JSON, one a line. */
import type { Socket } from "node:net";
import { defaultLimits } from "../../base/limits.ts";
import { LineSplitter } from "../../collect/jsonl/line-splitter.ts";
import { listenUnix, type UnixListener } from "../../collect/socket/unix-listener.ts";

/** What may be asked of an agent; each request is `{"command": NAME}`, perhaps with an `argument`, a text. */
export const controlCommands = [
  "status",
  "metrics",
  "reload",
  "rollback",
  "disable",
  "enable",
  "log-level",
  "flush",
  "stop",
] as const;

export type ControlCommand = (typeof controlCommands)[number];

/** Carries commands out; what a handler throws is the error that the client is told. */
export type ControlHandlers = Readonly<
  Record<ControlCommand, (argument: string | null) => unknown>
>;

/** The result of a command, or why there is none. */
export type ControlResponse =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: string };

/** Bytes of one request. */
const requestBytes = 0x1000;

/**
 * Listens on `path`, mode 0600, for the user of this process and root. Rejects where it is in use or
 * can't be created. Whoever opened it closes it.
 */
export function openControlServer(path: string, handlers: ControlHandlers): Promise<UnixListener> {
  return listenUnix(path, { onPeer: (socket) => serve(socket, handlers) });
}

function serve(socket: Socket, handlers: ControlHandlers): void {
  const splitter = new LineSplitter({ ...defaultLimits, lineBytes: requestBytes });
  // Answers come in the order of the requests.
  let last: Promise<void> = Promise.resolve();
  const take = (items: ReturnType<LineSplitter["push"]>): void => {
    for (const item of items) {
      last = last.then(async () => {
        const response = await answer(typeof item === "string" ? item : "", handlers);
        if (socket.writable) socket.write(`${JSON.stringify(response)}\n`);
      });
    }
  };
  socket.on("data", (bytes: Buffer) => take(splitter.push(bytes)));
  socket.on("end", () => {
    take(splitter.end());
    last = last.then(() => {
      socket.end();
    });
  });
}

async function answer(line: string, handlers: ControlHandlers): Promise<ControlResponse> {
  const request = requestOf(line);
  if (request === undefined) {
    return { ok: false, error: `unknown request: use one of ${controlCommands.join(", ")}` };
  }
  try {
    return { ok: true, result: (await handlers[request.command](request.argument)) ?? null };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

interface ControlRequest {
  readonly command: ControlCommand;
  readonly argument: string | null;
}

function requestOf(line: string): ControlRequest | undefined {
  try {
    const request: unknown = JSON.parse(line);
    if (typeof request !== "object" || request === null) return undefined;
    const name: unknown = Reflect.get(request, "command");
    const argument: unknown = Reflect.get(request, "argument") ?? null;
    const command = controlCommands.find((known) => known === name);
    if (command === undefined || (argument !== null && typeof argument !== "string"))
      return undefined;
    return { command, argument };
  } catch {
    return undefined;
  }
}
