/**
 * Records that a fanotify group gives (include/uapi/linux/fanotify.h), as bytes. Each event is 24 bytes
 * (length u32, version u8, -, header length u16, mask u64, fd i32, pid i32) and then records of its own
 * length that say which file it was: type u8, -, length u16, fsid 8 bytes, `struct file_handle`, name.
 */

/** One event. What a kernel did not tell is null. */
export interface FanotifyEvent {
  /** `fanotifyMask` bits. */
  readonly mask: bigint;
  readonly pid: number;
  /** An open descriptor, which the reader closes. Negative: the process is gone; null: not asked for. */
  readonly pidfd: number | null;
  /** Of a rename: what it is called now. */
  readonly entry: FanotifyEntry | null;
  /** Of a rename: what it was called before. */
  readonly oldEntry: FanotifyEntry | null;
  /** The file itself. */
  readonly target: FanotifyHandle | null;
}

export interface FanotifyHandle {
  /** The same for the same file of the same filesystem, as long as it lives; begins with the filesystem's id. */
  readonly key: string;
  /** The bytes of a `struct file_handle`. */
  readonly handle: Buffer;
}

/** A name in a directory. */
export interface FanotifyEntry {
  readonly directory: FanotifyHandle;
  /** `.` is the directory itself. */
  readonly name: string;
}

/** Bits of an event's mask. */
export const fanotifyMask = {
  modify: 0x2n,
  attributes: 0x4n,
  closeWrite: 0x8n,
  movedFrom: 0x40n,
  movedTo: 0x80n,
  create: 0x100n,
  delete: 0x200n,
  openExec: 0x1000n,
  overflow: 0x4000n,
  eventOnChild: 0x8000000n,
  rename: 0x10000000n,
  onDirectory: 0x40000000n,
} as const;

const headBytes = 24;
const version = 3;
const infoTypes = {
  file: 1,
  entry: 2,
  directory: 3,
  pidfd: 4,
  oldEntry: 10,
  newEntry: 12,
} as const;

/** The events of one read; what is cut off or of another version ends them. */
export function readFanotifyEvents(bytes: Buffer): FanotifyEvent[] {
  const events: FanotifyEvent[] = [];
  for (let start = 0; start + headBytes <= bytes.length; ) {
    const size = bytes.readUInt32LE(start);
    if (size < headBytes || start + size > bytes.length || bytes[start + 4] !== version) break;
    events.push(readEvent(bytes.subarray(start, start + size)));
    start += size;
  }
  return events;
}

function readEvent(bytes: Buffer): FanotifyEvent {
  let pidfd: number | null = null;
  let entry: FanotifyEntry | null = null;
  let oldEntry: FanotifyEntry | null = null;
  let target: FanotifyHandle | null = null;
  for (let start = bytes.readUInt16LE(6); start + 8 <= bytes.length; ) {
    const size = bytes.readUInt16LE(start + 2);
    if (size < 8 || start + size > bytes.length) break;
    const info = bytes.subarray(start, start + size);
    const type = info[0];
    if (type === infoTypes.pidfd) pidfd = info.readInt32LE(4);
    else if (type === infoTypes.file) target = readHandle(info);
    else if (type === infoTypes.oldEntry) oldEntry = readEntry(info);
    else if (type === infoTypes.directory) entry ??= readEntry(info);
    else if (type === infoTypes.entry || type === infoTypes.newEntry) entry = readEntry(info);
    start += size;
  }
  const mask = bytes.readBigUInt64LE(8);
  return { mask, pid: bytes.readInt32LE(20), pidfd, entry, oldEntry, target };
}

const handleOffset = 12;

function readHandle(info: Buffer): FanotifyHandle | null {
  const end = handleEnd(info);
  if (end === null) return null;
  // The buffer is read into again, and the handle may be kept.
  const handle = Buffer.from(info.subarray(handleOffset, end));
  return { key: info.toString("latin1", 4, end), handle };
}

function readEntry(info: Buffer): FanotifyEntry | null {
  const directory = readHandle(info);
  const end = handleEnd(info);
  if (directory === null || end === null) return null;
  const nameEnd = info.indexOf(0, end);
  const name = info.toString("utf8", end, nameEnd < 0 ? info.length : nameEnd);
  return { directory, name: name === "" ? "." : name };
}

function handleEnd(info: Buffer): number | null {
  if (info.length < handleOffset + 8) return null;
  const end = handleOffset + 8 + info.readUInt32LE(handleOffset);
  return end > info.length ? null : end;
}
