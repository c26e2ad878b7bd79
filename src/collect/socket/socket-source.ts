/** The event API: programs report what they do over a Unix socket, as NDJSON. */
import type { Socket } from "node:net";
import { monotonicMs, wallNs } from "../../base/clock.ts";
import type { Limits } from "../../base/limits.ts";
import { heartbeatJson } from "../../event/stream-record.ts";
import type { PeerCredentials } from "../linux/libc.ts";
import { type Source, type SourceCounters, SourceError, type SourceOffer } from "../source.ts";
import { claimEvent } from "./claimed-event.ts";
import { RateLimit } from "./rate-limit.ts";
import { SocketPeer } from "./socket-peer.ts";
import { listenUnix, type UnixListener } from "./unix-listener.ts";

export interface SocketSourceOptions {
  readonly path: string;
  readonly limits: Limits;
  /** Users who may report; the user of this process and root unless given. */
  readonly uids?: readonly number[] | undefined;
}

/** Events may be this much out of order, ms. */
const horizonMs = 1000;
/** ms between two looks, and between two heartbeats of a quiet socket. */
const idleMs = 100;
const heartbeatMs = 1000;

/** What the event API offers: whatever its clients say, so no action is promised. */
export function socketOffer(): SourceOffer {
  const available = process.platform === "linux";
  const why = available ? "peers are known by SO_PEERCRED" : "this system does not name the peer";
  const capability = { name: "unix-peer-credentials", available, why, mend: null };
  return {
    source: "socket",
    available,
    capabilities: [capability],
    actions: [],
    fields: new Map(),
  };
}

/** Listens on `path`. Throws a SourceError where that can't be. */
export async function openSocketSource(options: SocketSourceOptions): Promise<Source> {
  const { available, capabilities } = socketOffer();
  if (!available) throw new SourceError("socket", capabilities[0]!.name, capabilities[0]!.why);
  const source = new SocketSource(options);
  try {
    const onPeer = (socket: Socket, peer: PeerCredentials): void => source.admit(socket, peer);
    source.listener = await listenUnix(options.path, { uids: options.uids, onPeer });
  } catch (error) {
    const { message } = error as Error;
    throw new SourceError("socket", "unix-socket", `can't listen: ${message}`, error);
  }
  return source;
}

class SocketSource implements Source {
  readonly name = "socket";
  readonly horizonMs: number = horizonMs;
  readonly counters: SourceCounters = {
    received: 0,
    dropped: 0,
    filteredInKernel: 0,
    gaps: 0,
    rejected: 0,
  };
  listener: UnixListener | null = null;
  readonly #options: SocketSourceOptions;
  readonly #peers: Set<SocketPeer> = new Set();
  readonly #rates: Map<number, RateLimit> = new Map();
  #pending: string[] = [];
  #isClosed = false;
  #lastHeartbeatMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;

  constructor(options: SocketSourceOptions) {
    this.#options = options;
  }

  /** Takes a connection that was let in; one over the limit is shut. */
  admit(socket: Socket, credentials: PeerCredentials): void {
    const { limits } = this.#options;
    if (this.#isClosed || this.#peers.size >= limits.socketPeers) {
      socket.destroy();
      return;
    }
    const peer = new SocketPeer(socket, {
      peer: credentials,
      limits: { ...limits, lineBytes: limits.socketLineBytes },
      onLine: (line) => this.#accept(line, credentials),
      onActivity: () => {
        this.#govern();
        this.#wake();
      },
    });
    this.#peers.add(peer);
    socket.on("close", () => this.#peers.delete(peer));
  }

  async *items(signal: AbortSignal): AsyncGenerator<readonly string[]> {
    const wake = (): void => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted && !this.#isClosed) {
        await this.#pause(signal);
        yield this.#portion();
        // The consumer asks for more, so it has what it was given.
        for (const peer of this.#peers) peer.acknowledge();
        this.#govern();
      }
      yield this.#portion();
      for (const peer of this.#peers) peer.acknowledge();
    } finally {
      signal.removeEventListener("abort", wake);
      this.close();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.listener?.close();
    this.#wake();
  }

  #accept(line: string, peer: PeerCredentials): string | null {
    this.#rateOf(peer.uid).take(1);
    const claimed = claimEvent(line, peer, wallNs());
    if (claimed.kind === "refused") {
      this.counters.rejected = (this.counters.rejected ?? 0) + 1;
      return claimed.reason;
    }
    this.counters.received += 1;
    this.#pending.push(claimed.json);
    return null;
  }

  #portion(): string[] {
    const items = this.#pending;
    this.#pending = [];
    const nowMs = monotonicMs();
    if (items.length === 0 && nowMs - this.#lastHeartbeatMs >= heartbeatMs) {
      this.#lastHeartbeatMs = nowMs;
      items.push(heartbeatJson(wallNs() - BigInt(horizonMs) * 1_000_000n));
    }
    return items;
  }

  /** Reads from a client only while there is room, its user is not too fast and it reads its answers. */
  #govern(): void {
    const isFull = this.#pending.length >= this.#options.limits.batchEvents;
    const nowMs = monotonicMs();
    for (const peer of this.#peers) {
      const isFast = this.#rateOf(peer.credentials.uid).waitMs(nowMs) > 0;
      if (isFull || isFast || peer.isClogged) peer.pause();
      else peer.resume();
    }
  }

  #rateOf(uid: number): RateLimit {
    const known = this.#rates.get(uid);
    if (known !== undefined) return known;
    const rate = new RateLimit(this.#options.limits.socketEventsPerSecond, monotonicMs());
    this.#rates.set(uid, rate);
    return rate;
  }

  /** Resolves when something came, at the latest after 100 ms. */
  async #pause(signal: AbortSignal): Promise<void> {
    if (this.#pending.length > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, idleMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
