/** A Unix stream socket that only its owner and root may use; each peer is known by its credentials. */
import { lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type PeerCredentials, peerCredentials } from "../linux/libc.ts";

export interface ListenOptions {
  /** Users who may connect; the user of this process and root unless given. */
  readonly uids?: readonly number[] | undefined;
  /** Takes a connection that was let in; what goes wrong with it is its own affair. */
  readonly onPeer: (socket: Socket, peer: PeerCredentials) => void;
}

/** A socket that is being listened on. */
export class UnixListener {
  /** Connections that were shut because of who made them. */
  refused: number = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  constructor(server: Server) {
    this.#server = server;
  }

  track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
  }

  /** Shuts all connections and removes the socket; a second call does nothing. */
  close(): void {
    if (this.#server.listening) this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/**
 * Listens on `path` with mode 0600 from its first moment on. A socket that nobody listens on any
 * more is replaced; one that is in use, or a file of another kind, is an error.
 */
export async function listenUnix(path: string, options: ListenOptions): Promise<UnixListener> {
  await removeStale(path);
  const allowed = new Set(options.uids ?? [process.geteuid?.() ?? 0, 0]);
  const server = createServer({ allowHalfOpen: true });
  const listener = new UnixListener(server);
  server.on("connection", (socket) => {
    listener.track(socket);
    // A connection that breaks off ends; the listener goes on.
    socket.on("error", () => socket.destroy());
    const peer = peerOf(socket);
    if (peer !== null && allowed.has(peer.uid)) options.onPeer(socket, peer);
    else {
      listener.refused += 1;
      socket.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // The path is bound before listen() returns, so no other mode is ever seen.
    const umask = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(umask);
    }
  });
  return listener;
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} exists and is no socket`);
  if (await isAnswered(path)) throw new Error(`${path} is in use`);
  unlinkSync(path);
}

/** Whether anybody listens; where that can't be found out, somebody may. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.on("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
  });
}

/** Null where the system does not say who it is: such a peer is let in nowhere. */
function peerOf(socket: Socket): PeerCredentials | null {
  // Node names the descriptor of a connection nowhere else than in its handle.
  const handle: unknown = Reflect.get(socket, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : 0;
  return typeof fd === "number" && fd > 2 ? peerCredentials(fd) : null;
}
