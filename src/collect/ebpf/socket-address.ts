/** What records say of sockets and their addresses. */
import { formatIp } from "../../base/ip.ts";
import type { NetworkActivity } from "../host/activity.ts";

/** The ends of a socket as the kernel has them; null where its family has none. */
export interface Endpoints {
  readonly family: NetworkActivity["family"] | null;
  readonly transport: NetworkActivity["transport"];
  readonly local: string | null;
  readonly remote: string | null;
  readonly localPort: number | null;
  readonly remotePort: number | null;
}

/** An address that a call named. */
export interface GivenAddress {
  readonly family: NetworkActivity["family"];
  readonly text: string | null;
  readonly port: number | null;
  readonly path: string | null;
}

/** AF_ numbers of include/linux/socket.h. */
export const families: ReadonlyMap<number, NetworkActivity["family"]> = new Map([
  [1, "unix"],
  [2, "ipv4"],
  [10, "ipv6"],
]);

/** IPPROTO_ numbers of include/uapi/linux/in.h; SOCK_STREAM is 1. */
export function transportOf(type: number, protocol: number): NetworkActivity["transport"] {
  if (protocol === 6) return "tcp";
  if (protocol === 17) return "udp";
  return type === 1 && protocol === 0 ? "tcp" : "other";
}

/** The canonical text of 4 or 16 bytes. */
export function addressText(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join(".") : formatIp(bytes);
}
