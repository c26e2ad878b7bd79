/** What the records of an audit event say, each by itself. */
import { formatIp } from "../../base/ip.ts";
import type { Credentials, FileFacts, NetworkActivity, Terminal } from "../host/activity.ts";
import type { AuditEvent } from "./assembler.ts";
import { type AuditRecord, type AuditValue, bytesOf, numberOf, textOf } from "./record.ts";

/** The first record of a type. */
export function recordOf(event: AuditEvent, type: string): AuditRecord | null {
  return event.records.find((record) => record.type === type) ?? null;
}

export interface AuditArguments {
  readonly args: readonly string[];
  readonly truncated: boolean;
}

/** The arguments of an exec, which may be spread over records and cut in pieces `aN[i]`. */
export function argumentsOf(event: AuditEvent): AuditArguments | null {
  const records = event.records.filter(({ type }) => type === "EXECVE");
  if (records.length === 0) return titleOf(event);
  const pieces = new Map<number, Buffer[]>();
  let count = 0;
  for (const { fields } of records) {
    count = Math.max(count, numberOf(fields.get("argc")) ?? 0);
    for (const [name, value] of fields) {
      const index = /^a(\d{1,7})(?:\[\d{1,7}\])?$/.exec(name)?.[1];
      if (index === undefined) continue;
      const known = pieces.get(Number(index));
      if (known === undefined) pieces.set(Number(index), [bytesOf(value)]);
      else known.push(bytesOf(value));
    }
  }
  const args: string[] = [];
  for (let parts = pieces.get(0); parts !== undefined; parts = pieces.get(args.length)) {
    args.push(Buffer.concat(parts).toString("utf8"));
  }
  return { args, truncated: args.length < count };
}

/** The kernel cuts titles off after 128 bytes. */
function titleOf(event: AuditEvent): AuditArguments | null {
  const value = recordOf(event, "PROCTITLE")?.fields.get("proctitle");
  if (value === undefined) return null;
  const bytes = bytesOf(value);
  return { args: bytes.toString("utf8").split("\0"), truncated: bytes.length >= 127 };
}

export interface AuditPath {
  /** Absolute where the working directory is known. */
  readonly path: string;
  /** `NORMAL`, `PARENT`, `CREATE`, `DELETE`; `UNKNOWN`. */
  readonly kind: string;
  readonly file: FileFacts;
}

/** The paths of a system call, in the order of their items. */
export function pathsOf(event: AuditEvent): AuditPath[] {
  const directory = workingDirectoryOf(event);
  const paths: AuditPath[] = [];
  for (const { type, fields } of event.records) {
    const name = type === "PATH" ? textOf(fields.get("name")) : null;
    if (name === null) continue;
    paths.push({
      path: absolute(name, directory),
      kind: fields.get("nametype")?.text ?? fields.get("objtype")?.text ?? "UNKNOWN",
      file: fileFactsOf(fields),
    });
  }
  return paths;
}

export function workingDirectoryOf(event: AuditEvent): string | null {
  return textOf(recordOf(event, "CWD")?.fields.get("cwd"));
}

function absolute(name: string, directory: string | null): string {
  if (name.startsWith("/") || directory === null || !directory.startsWith("/")) return name;
  const parts: string[] = [];
  for (const part of `${directory}/${name}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function fileFactsOf(fields: ReadonlyMap<string, AuditValue>): FileFacts {
  const inode = fields.get("inode")?.text ?? "";
  const mode = fields.get("mode")?.text ?? "";
  return {
    inode: /^\d{1,20}$/.test(inode) ? BigInt(inode) : null,
    device: deviceOf(fields.get("dev")?.text ?? ""),
    sizeBytes: null,
    mode: /^[0-7]{1,8}$/.test(mode) ? Number.parseInt(mode, 8) : null,
    uid: numberOf(fields.get("ouid")),
    gid: numberOf(fields.get("ogid")),
    links: null,
    mtimeNs: null,
    ctimeNs: null,
  };
}

/** `08:01`, hexadecimal, as stat(2) gives devices (new_encode_dev of include/linux/kdev_t.h). */
function deviceOf(text: string): bigint | null {
  const found = /^([0-9a-f]{1,3}):([0-9a-f]{1,5})$/.exec(text);
  if (found === null) return null;
  const major = BigInt(`0x${found[1]}`);
  const minor = BigInt(`0x${found[2]}`);
  return (minor & 0xffn) | (major << 8n) | ((minor & ~0xffn) << 12n);
}

/** Null where the record has no ids. Capabilities are not in it. */
export function credentialsOf(fields: ReadonlyMap<string, AuditValue>): Credentials | null {
  const uid = numberOf(fields.get("uid"));
  const gid = numberOf(fields.get("gid"));
  if (uid === null || gid === null) return null;
  const euid = numberOf(fields.get("euid")) ?? uid;
  const egid = numberOf(fields.get("egid")) ?? gid;
  return {
    uid,
    euid,
    suid: numberOf(fields.get("suid")) ?? euid,
    gid,
    egid,
    sgid: numberOf(fields.get("sgid")) ?? egid,
    capEffective: null,
    capPermitted: null,
  };
}

/** Device numbers of `pts3` and `tty1` (Documentation/admin-guide/devices.txt); null is none or another. */
export function terminalOf(fields: ReadonlyMap<string, AuditValue>): Terminal | null {
  const found = /^(?:\/dev\/)?(pts\/?|tty)(\d{1,5})$/.exec(fields.get("tty")?.text ?? "");
  if (found === null) return null;
  const minor = Number(found[2]);
  return { major: found[1] === "tty" ? 4 : 136 + (minor >> 8), minor: minor & 0xff };
}

/** A socket's address; null where there is none, or of another family. */
export type AuditAddress = Pick<NetworkActivity, "family" | "unixPath"> & {
  readonly address: string | null;
  readonly port: number | null;
};

export function socketAddressOf(event: AuditEvent): AuditAddress | null {
  const value = recordOf(event, "SOCKADDR")?.fields.get("saddr");
  if (value === undefined) return null;
  return decodeAddress(bytesOf(value));
}

function decodeAddress(bytes: Buffer): AuditAddress | null {
  const family = bytes.length >= 2 ? bytes.readUInt16LE(0) : 0;
  if (family === 2 && bytes.length >= 8) {
    const address = bytes.subarray(4, 8).join(".");
    return { family: "ipv4", unixPath: null, address, port: bytes.readUInt16BE(2) };
  }
  if (family === 10 && bytes.length >= 24) {
    const address = formatIp(bytes.subarray(8, 24));
    return { family: "ipv6", unixPath: null, address, port: bytes.readUInt16BE(2) };
  }
  if (family !== 1) return null;
  const isAbstract = bytes[2] === 0;
  const from = isAbstract ? 3 : 2;
  const end = bytes.indexOf(0, from);
  const name = bytes.toString("utf8", from, end < 0 ? bytes.length : end);
  return { family: "unix", unixPath: isAbstract ? `@${name}` : name, address: null, port: null };
}
