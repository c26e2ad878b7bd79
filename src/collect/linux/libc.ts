/**
 * Calls into the C library, and the only file that makes them for sources and sinks. Functions that
 * may be refused return a negative errno, as the kernel does; `callError` makes an error of it.
 *
 * Layouts are those of 64-bit little-endian Linux (x86-64, arm64, riscv64), which is where koffi runs.
 */
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import koffi from "koffi";

/** `AF_` and `SOCK_` numbers of include/linux/socket.h and include/linux/net.h. */
const addressFamilyNetlink = 16;
const socketDatagram = 2;
const socketNonBlocking = 0x800;
const socketCloseOnExec = 0x80000;

const solSocket = 1;
const soReceiveBuffer = 8;
const soReceiveBufferForce = 33;
const soPeerCredentials = 17;
const atCurrentDirectory = -100;
/** `CLOCK_MONOTONIC` and `CLOCK_BOOTTIME` of include/uapi/linux/time.h. */
const clockMonotonic = 1;
const clockBoot = 7;
const messageDontWait = 0x40;
/** Size of a `sockaddr_nl`. */
const nameBytes = 12;

/** Who is at the other end of a Unix socket, as it was when the connection was made. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A call into the kernel that was refused. */
export class CallError extends Error {
  /** Such as `EPERM`. */
  readonly code: string;
  readonly call: string;

  constructor(call: string, code: string) {
    super(`${call}: ${code}`);
    this.name = "CallError";
    this.call = call;
    this.code = code;
  }
}

/** The error of `call` that returned `result`, a negative errno. */
export function callError(call: string, result: number): CallError {
  return new CallError(call, errorName(result));
}

/** The name of a negative errno, such as `ENOBUFS`. */
export function errorName(result: number): string {
  return getSystemErrorName(result);
}

/** Whether `result`, a negative errno, says that there is nothing to read now. */
export function isEmpty(result: number): boolean {
  return result === -constants.errno.EAGAIN || result === -constants.errno.EINTR;
}

type Address = bigint | Uint8Array | null;

interface LibraryCalls {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, size: number) => number;
  readonly send: (fd: number, bytes: Uint8Array, size: number, flags: number) => bigint | number;
  readonly recv: (fd: number, bytes: Uint8Array, size: number, flags: number) => bigint | number;
  readonly recvmmsg: (fd: number, list: Address, n: number, flags: number, time: null) => number;
  readonly getsockopt: (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    size: Uint8Array,
  ) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    size: number,
  ) => number;
  readonly clock_gettime: (clock: number, time: Uint8Array) => number;
  readonly read: (fd: number, bytes: Uint8Array, size: number) => bigint | number;
  readonly close: (fd: number) => number;
  readonly fanotify_init: (flags: number, eventFlags: number) => number;
  readonly fanotify_mark: (
    fd: number,
    flags: number,
    mask: bigint,
    directory: number,
    path: string,
  ) => number;
  readonly statfs: (path: string, into: Uint8Array) => number;
  readonly open_by_handle_at: (mount: number, handle: Uint8Array, flags: number) => number;
}

let loaded: LibraryCalls | null = null;

/** The C library that Node runs on, glibc or musl; found once, at the first call. */
function library(): LibraryCalls {
  loaded ??= loadLibrary();
  return loaded;
}

function loadLibrary(): LibraryCalls {
  const handle = koffi.load(null);
  return {
    socket: handle.func("int socket(int, int, int)"),
    bind: handle.func("int bind(int, const void *, uint32_t)"),
    send: handle.func("long send(int, const void *, unsigned long, int)"),
    recv: handle.func("long recv(int, void *, unsigned long, int)"),
    recvmmsg: handle.func("int recvmmsg(int, void *, unsigned int, int, void *)"),
    getsockopt: handle.func("int getsockopt(int, int, int, void *, void *)"),
    setsockopt: handle.func("int setsockopt(int, int, int, const void *, uint32_t)"),
    clock_gettime: handle.func("int clock_gettime(int, void *)"),
    read: handle.func("long read(int, void *, unsigned long)"),
    close: handle.func("int close(int)"),
    fanotify_init: handle.func("int fanotify_init(unsigned int, unsigned int)"),
    fanotify_mark: handle.func("int fanotify_mark(int, unsigned int, uint64_t, int, const char *)"),
    statfs: handle.func("int statfs(const char *, void *)"),
    open_by_handle_at: handle.func("int open_by_handle_at(int, void *, int)"),
  };
}

function outcome(result: bigint | number): number {
  const value = Number(result);
  return value < 0 ? -koffi.errno() : value;
}

/** A socket's descriptor, or a negative errno. The caller closes it. */
export function openSocket(family: number, type: number, protocol: number): number {
  return outcome(library().socket(family, type, protocol));
}

/** Binds to the bytes of a `sockaddr`; 0 or a negative errno. */
export function bindSocket(fd: number, address: Uint8Array): number {
  return outcome(library().bind(fd, address, address.length));
}

/** Bytes sent, or a negative errno. */
export function sendBytes(fd: number, bytes: Uint8Array): number {
  return outcome(library().send(fd, bytes, bytes.length, 0));
}

/** Receives one datagram into `bytes` without waiting; its size, or a negative errno. */
export function receiveBytes(fd: number, bytes: Uint8Array): number {
  return outcome(library().recv(fd, bytes, bytes.length, messageDontWait));
}

/** Reads from a descriptor into `bytes`; the count, 0 at the end, or a negative errno. */
export function readBytes(fd: number, bytes: Uint8Array): number {
  return outcome(library().read(fd, bytes, bytes.length));
}

/** `struct statfs` of 64-bit systems (include/uapi/asm-generic/statfs.h): f_fsid follows seven words. */
const statfsBytes = 256;
const fileSystemIdOffset = 56;
const fileSystemIdBytes = 8;

/** The id of the file system in which `path` lies, its 8 bytes as latin1; null where there is none. */
export function fileSystemId(path: string): string | null {
  const bytes = Buffer.alloc(statfsBytes);
  if (outcome(library().statfs(path, bytes)) < 0) return null;
  return bytes.toString("latin1", fileSystemIdOffset, fileSystemIdOffset + fileSystemIdBytes);
}

export function closeDescriptor(fd: number): void {
  library().close(fd);
}

/**
 * Asks for a receive buffer of `sizeBytes`, beyond the system's limit where the process may
 * (CAP_NET_ADMIN), up to the limit otherwise. Returns what it is afterwards, in the kernel's
 * counting, which doubles what was asked for.
 */
export function growReceiveBuffer(fd: number, sizeBytes: number): number {
  const value = new Uint8Array(new Int32Array([sizeBytes]).buffer);
  const calls = library();
  const forced = outcome(calls.setsockopt(fd, solSocket, soReceiveBufferForce, value, 4));
  if (forced < 0) calls.setsockopt(fd, solSocket, soReceiveBuffer, value, 4);
  return readOption(fd, soReceiveBuffer, 1)?.[0] ?? 0;
}

/** Who connected to a Unix socket; null where `fd` is none or the peer is not known. */
export function peerCredentials(fd: number): PeerCredentials | null {
  const words = readOption(fd, soPeerCredentials, 3);
  if (words === null) return null;
  const [pid, uid, gid] = words as Int32Array & [number, number, number];
  // The kernel says pid 0 where there is no peer, or one outside of this pid namespace.
  return pid === 0 ? null : { pid, uid: uid >>> 0, gid: gid >>> 0 };
}

function readOption(fd: number, name: number, words: number): Int32Array | null {
  const value = new Int32Array(words);
  const size = new Uint8Array(new Uint32Array([words * 4]).buffer);
  const bytes = new Uint8Array(value.buffer);
  return outcome(library().getsockopt(fd, solSocket, name, bytes, size)) < 0 ? null : value;
}

/** Time since boot in ns (CLOCK_BOOTTIME). */
export function bootNs(): bigint {
  return readClock(clockBoot);
}

/**
 * A netlink socket of `protocol` that hears the multicast group 1, without waiting; throws a CallError. The caller closes
 * it.
 */
export function openNetlink(protocol: number): number {
  const type = socketDatagram | socketNonBlocking | socketCloseOnExec;
  const fd = openSocket(addressFamilyNetlink, type, protocol);
  if (fd < 0) throw callError("socket", fd);
  const bound = bindSocket(fd, netlinkAddress(1));
  if (bound >= 0) return fd;
  closeDescriptor(fd);
  throw callError("bind", bound);
}

/** A `sockaddr_nl` (include/uapi/linux/netlink.h) with the mask of groups. */
function netlinkAddress(groups: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(addressFamilyNetlink, 0);
  bytes.writeUInt32LE(groups, 8);
  return bytes;
}

/** ns that the clock since boot is ahead of the monotonic one: how long the machine has slept. */
export function suspendedNs(): bigint {
  const before = readClock(clockMonotonic);
  const boot = readClock(clockBoot);
  const after = readClock(clockMonotonic);
  const aheadNs = boot - (before + after) / 2n;
  // Less is the time between the calls.
  return aheadNs < 1_000_000n ? 0n : aheadNs;
}

function readClock(clock: number): bigint {
  const time = new BigInt64Array(2);
  library().clock_gettime(clock, new Uint8Array(time.buffer));
  return time[0]! * 1_000_000_000n + time[1]!;
}

/** A fanotify group's descriptor, or a negative errno. `eventFlags` are `O_` flags of opened files. */
export function initFanotify(flags: number, eventFlags: number): number {
  return outcome(library().fanotify_init(flags, eventFlags));
}

/** Adds or removes a mark on `path`; 0 or a negative errno. */
export function markFanotify(fd: number, flags: number, mask: bigint, path: string): number {
  return outcome(library().fanotify_mark(fd, flags, mask, atCurrentDirectory, path));
}

/** Opens a `struct file_handle` on the filesystem that `mountFd` is on; a descriptor or a negative errno. */
export function openByHandle(mountFd: number, handle: Uint8Array, flags: number): number {
  return outcome(library().open_by_handle_at(mountFd, handle, flags));
}

/**
 * Receives many datagrams with one call (recvmmsg). The buffers belong to it and are filled anew by
 * each `receive`; `struct mmsghdr` is 64 bytes: msghdr 56, message length 4, padding 4.
 */
export class DatagramReader {
  readonly #slotBytes: number;
  readonly #slots: number;
  readonly #headers: Buffer;
  readonly #payload: Buffer;
  readonly #names: Buffer;
  readonly #vectors: Buffer;
  /** Slots that were filled since their headers were last written. */
  #used: number;

  constructor(slots: number, slotBytes: number) {
    this.#slots = slots;
    this.#used = slots;
    this.#slotBytes = slotBytes;
    this.#headers = Buffer.alloc(slots * 64);
    this.#payload = Buffer.alloc(slots * slotBytes);
    this.#names = Buffer.alloc(slots * nameBytes);
    this.#vectors = Buffer.alloc(slots * 16);
    const payload = koffi.address(this.#payload);
    const names = koffi.address(this.#names);
    const vectors = koffi.address(this.#vectors);
    for (let slot = 0; slot < slots; slot++) {
      this.#vectors.writeBigUInt64LE(payload + BigInt(slot * slotBytes), slot * 16);
      this.#vectors.writeBigUInt64LE(BigInt(slotBytes), slot * 16 + 8);
      this.#headers.writeBigUInt64LE(names + BigInt(slot * nameBytes), slot * 64);
      this.#headers.writeBigUInt64LE(vectors + BigInt(slot * 16), slot * 64 + 16);
      this.#headers.writeBigUInt64LE(1n, slot * 64 + 24);
    }
  }

  /** How many datagrams came, without waiting; a negative errno where none did. */
  receive(fd: number): number {
    // The kernel writes the size of the sender's address over the size of its buffer.
    for (let slot = 0; slot < this.#used; slot++) {
      this.#headers.writeUInt32LE(nameBytes, slot * 64 + 8);
    }
    const { recvmmsg } = library();
    const count = outcome(recvmmsg(fd, this.#headers, this.#slots, messageDontWait, null));
    this.#used = Math.max(count, 0);
    return count;
  }

  /** The datagram in `slot` of the last `receive`; cut off at the size of a slot. */
  datagram(slot: number): Buffer {
    const start = slot * this.#slotBytes;
    return this.#payload.subarray(start, start + this.#headers.readUInt32LE(slot * 64 + 56));
  }

  /** The netlink port that sent it; 0 is the kernel. */
  senderPort(slot: number): number {
    return this.#names.readUInt32LE(slot * nameBytes + 4);
  }
}
