/**
 * The record that the kernel side writes: `struct record` of bpf/record.h, whose comments say what
 * the numbers and texts of each kind mean. All numbers are little-endian. A test compares this table
 * with the object's type information.
 */

/** Offsets in bytes. */
export const recordLayout = {
  size: 0,
  kind: 4,
  flags: 6,
  time_ns: 8,
  start_ns: 16,
  cgroup_id: 24,
  pid: 32,
  tid: 36,
  uid: 40,
  euid: 44,
  suid: 48,
  gid: 52,
  egid: 56,
  sgid: 60,
  cap_effective: 64,
  cap_permitted: 72,
  comm: 80,
  text_bytes: 96,
  texts_bytes: 120,
  unused: 124,
  numbers: 128,
} as const;

/** Bytes of a record without its texts; of a fork and an exit only the first numbers are there. */
export const recordBytes = 288;

/** Values of `kind` (enum record_kind). */
export const kinds = {
  exec: 1,
  fork: 2,
  exit: 3,
  file: 4,
  paths: 5,
  socket: 6,
  dns: 7,
  call: 8,
  credentials: 9,
  module: 10,
} as const;

/** Bits of `flags`. */
export const flags = { truncated: 1, created: 2 } as const;

/** Offsets in `struct settings`, and its size in bytes. */
export const settingsLayout = {
  scope_cgroup: 0,
  scope_uid: 8,
  scope_level: 16,
  own_pid: 20,
  wants_environment: 24,
  wants_headers: 28,
  wants_opens: 32,
  is_closed: 36,
  folders: 40,
  unused: 44,
  environment_names: 48,
} as const;
export const settingsBytes = 176;

/** Offsets in `struct folder`, its size in bytes, how many of them there are, and the bytes for names of each. */
export const folderLayout = { bytes: 0, names: 4 } as const;
export const folderBytes = 260;
export const folderNameBytes = 256;
export const maxFolders = 16;

/** The bit for a variable among the 1,024 of `environment_names` (ENV_NAME_HASH), by the first four bytes of `NAME=`. */
export function environmentBit(head: number): number {
  return Math.imul(head, 0x9e3779b1) >>> 22;
}

/** Indices of the counters (enum counter). */
export const counterIndices = {
  sent: 0,
  lost: 1,
  outOfScope: 2,
  notWanted: 3,
  truncated: 4,
} as const;
