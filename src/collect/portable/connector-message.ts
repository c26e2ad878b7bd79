/**
 * Messages of the kernel's process connector (include/uapi/linux/{netlink,connector,cn_proc}.h), as
 * bytes. A datagram is a netlink header (16 bytes), a connector header (20) and the event:
 *
 *     36 what u32 | 40 cpu u32 | 44 time u64, ns on the monotonic clock | 52 pids and so on, u32 each
 */

/** What the connector told. Thread ids are beside process ids (thread group ids). */
export type ConnectorEvent = ConnectorEventHead &
  (
    | {
        readonly kind: "fork";
        readonly parentPid: number;
        readonly childThread: number;
        readonly childPid: number;
      }
    | { readonly kind: "exec" | "setsid" }
    | { readonly kind: "uid" | "gid"; readonly realId: number; readonly effectiveId: number }
    | { readonly kind: "ptrace"; readonly tracerPid: number }
    | { readonly kind: "comm"; readonly comm: string }
    | { readonly kind: "coredump" }
    | { readonly kind: "exit"; readonly waitStatus: number }
    | { readonly kind: "other" }
  );

interface ConnectorEventHead {
  readonly cpu: number;
  /** ns on the monotonic clock. */
  readonly timeNs: bigint;
  /** Counts this cpu's events, modulo 2^32. */
  readonly sequence: number;
  /** The thread and process that it is about; of a fork, the parent. */
  readonly thread: number;
  readonly pid: number;
}

const eventOffset = 36;
const dataOffset = 52;
/** `CN_IDX_PROC` and `CN_VAL_PROC`. */
const connectorId = 1;

/** Netlink protocol of connectors, `NETLINK_CONNECTOR`. */
export const netlinkConnector = 11;
/** Size in bytes that every message fits in; the kernel's largest has 76. */
export const connectorMessageBytes = 128;

/** Null for what is no event: acknowledgements, other connectors' messages, cut-off ones. */
export function readConnectorMessage(bytes: Buffer): ConnectorEvent | null {
  if (bytes.length < dataOffset + 8) return null;
  if (bytes.readUInt32LE(16) !== connectorId || bytes.readUInt32LE(20) !== connectorId) return null;
  const what = bytes.readUInt32LE(eventOffset);
  if (what === 0) return null;
  const head = {
    cpu: bytes.readUInt32LE(40),
    timeNs: bytes.readBigUInt64LE(44),
    sequence: bytes.readUInt32LE(24),
    thread: bytes.readUInt32LE(dataOffset),
    pid: bytes.readUInt32LE(dataOffset + 4),
  };
  const first = bytes.length >= dataOffset + 12 ? bytes.readUInt32LE(dataOffset + 8) : 0;
  const second = bytes.length >= dataOffset + 16 ? bytes.readUInt32LE(dataOffset + 12) : 0;
  switch (what) {
    case 0x1:
      return { ...head, kind: "fork", parentPid: head.pid, childThread: first, childPid: second };
    case 0x2:
      return { ...head, kind: "exec" };
    case 0x4:
      return { ...head, kind: "uid", realId: first, effectiveId: second };
    case 0x40:
      return { ...head, kind: "gid", realId: first, effectiveId: second };
    case 0x80:
      return { ...head, kind: "setsid" };
    case 0x100:
      return { ...head, kind: "ptrace", tracerPid: second };
    case 0x200:
      return { ...head, kind: "comm", comm: readName(bytes, dataOffset + 8) };
    case 0x40000000:
      return { ...head, kind: "coredump" };
    case 0x80000000:
      return { ...head, kind: "exit", waitStatus: first };
    default:
      return { ...head, kind: "other" };
  }
}

function readName(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString("utf8", offset, Math.min(end < 0 ? bytes.length : end, offset + 16));
}

/** A request to the connector: to hear of events from now on, or no more. */
export function connectorRequest(request: "listen" | "ignore"): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt32LE(bytes.length, 0);
  // NLMSG_DONE: connectors use no other type.
  bytes.writeUInt16LE(3, 4);
  bytes.writeUInt32LE(connectorId, 16);
  bytes.writeUInt32LE(connectorId, 20);
  bytes.writeUInt16LE(4, 32);
  // PROC_CN_MCAST_LISTEN and PROC_CN_MCAST_IGNORE.
  bytes.writeUInt32LE(request === "listen" ? 1 : 2, 36);
  return bytes;
}
