/** Records of the kernel side (record-layout.ts) to activities. */
import { posix } from "node:path";
import type { Activity, Actor, Credentials, FileFacts } from "../host/activity.ts";
import { type CallHook, callHooks, disconnectCode, uringCode } from "./hook-table.ts";
import { flags, kinds, recordBytes, recordLayout } from "./record-layout.ts";
import { namesIn, PathReader } from "./record-path.ts";
import {
  addressText,
  type Endpoints,
  families,
  type GivenAddress,
  transportOf,
} from "./socket-address.ts";

const texts = 6;
/** Where in a record its actor stands: from the start of the process to the thread's name. */
const actorOffset = recordLayout.start_ns;
const actorWords = (recordLayout.numbers - actorOffset) >> 2;
/** The thread, which is not part of the actor. */
const threadWord = (recordLayout.tid - actorOffset) >> 2;

/** Reads one record after the other; what it returns does not point into the record. */
export class RecordReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #environment: ReadonlySet<string>;
  #at = 0;
  /** Where each text of the record begins, and where the last one ends. */
  readonly #starts: Int32Array = new Int32Array(texts + 1);
  /** The actor that was read last, and its bytes: most records have the one of the record before. */
  #actor: Actor | null = null;
  readonly #actorWords: Int32Array = new Int32Array(actorWords);
  readonly #paths: PathReader = new PathReader();

  /** `environment` names the variables that may be kept. */
  constructor(bytes: Uint8Array, view: DataView, environment: ReadonlySet<string>) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = view;
    this.#environment = environment;
  }

  /** The activity of the record at `offset`; null where it says nothing, such as ids set to what they were. */
  read(offset: number): Activity | null {
    this.#at = offset;
    let at = offset + recordBytes;
    for (let text = 0; text < texts; text += 1) {
      this.#starts[text] = at;
      at += this.#view.getUint32(offset + recordLayout.text_bytes + 4 * text, true);
    }
    this.#starts[texts] = at;
    switch (this.#view.getUint16(offset + recordLayout.kind, true)) {
      case kinds.exec:
        return this.#exec();
      case kinds.fork:
        return {
          kind: "fork",
          ...this.#base(),
          childPid: this.#small(0),
          childStartNs: this.#number(1),
        };
      case kinds.exit:
        return { kind: "exit", ...this.#base(), waitStatus: this.#small(0) };
      case kinds.file:
        return this.#file();
      case kinds.paths:
        return this.#namedFile();
      case kinds.socket:
        return this.#socket();
      case kinds.dns:
        return this.#dns();
      case kinds.call:
        return this.#call();
      case kinds.credentials:
        return this.#credentialsChange();
      case kinds.module:
        return {
          kind: "module",
          ...this.#base(),
          name: this.#string(0),
          path: null,
          taints: this.#number(0),
        };
      default:
        return null;
    }
  }

  #base(): { timeNs: bigint; actor: Actor } {
    return { timeNs: this.#long(recordLayout.time_ns), actor: this.#readActor() };
  }

  /** The same object again while records come of the same process in the same state. */
  #readActor(): Actor {
    const at = this.#at + actorOffset;
    const words = this.#actorWords;
    let isSame = this.#actor !== null;
    for (let word = 0; word < actorWords; word += 1) {
      const value = this.#view.getInt32(at + word * 4, true);
      if (words[word] === value) continue;
      if (word !== threadWord) isSame = false;
      words[word] = value;
    }
    if (!isSame || this.#actor === null) this.#actor = this.#newActor();
    return this.#actor;
  }

  #newActor(): Actor {
    const comm = this.#at + recordLayout.comm;
    const end = this.#bytes.indexOf(0, comm);
    return {
      pid: this.#word(recordLayout.pid),
      startNs: this.#long(recordLayout.start_ns),
      comm: this.#bytes.toString("utf8", comm, Math.min(end, comm + 16)),
      credentials: this.#ownCredentials(),
      cgroupId: this.#long(recordLayout.cgroup_id),
    };
  }

  #ownCredentials(): Credentials {
    return {
      uid: this.#word(recordLayout.uid),
      euid: this.#word(recordLayout.euid),
      suid: this.#word(recordLayout.suid),
      gid: this.#word(recordLayout.gid),
      egid: this.#word(recordLayout.egid),
      sgid: this.#word(recordLayout.sgid),
      capEffective: this.#long(recordLayout.cap_effective),
      capPermitted: this.#long(recordLayout.cap_permitted),
    };
  }

  #exec(): Activity {
    const executable = this.#path(0);
    const links = this.#small(12);
    const terminal = this.#number(4);
    // A file in memory is known by the name that the kernel gives it.
    const memory = links === 0 && executable.startsWith("memfd:");
    const args = this.#strings(2);
    return {
      kind: "exec",
      ...this.#base(),
      parentPid: this.#small(0),
      parentStartNs: this.#number(1),
      groupLeaderPid: this.#small(2) || null,
      sessionLeaderPid: this.#small(3) || null,
      executable: executable === "" ? null : memory ? `/${executable}` : executable,
      filename: this.#string(1),
      args,
      argsTruncated: this.#number(15) > BigInt(this.#textBytes(2)),
      environment: this.#strings(3).filter((entry) =>
        this.#environment.has(entry.slice(0, Math.max(0, entry.indexOf("=")))),
      ),
      workingDirectory: this.#path(4),
      terminal:
        terminal === 0xffff_ffff_ffff_ffffn
          ? null
          : { major: Number(terminal >> 32n), minor: Number(terminal & 0xffff_ffffn) },
      terminalKnown: true,
      pidNamespace: this.#small(5),
      mountNamespace: this.#small(6),
      file: this.#facts(),
      memfdName: memory ? executable.slice("memfd:".length) : null,
    };
  }

  #file(): Activity | null {
    const { meaning, call } = this.#hook();
    if (meaning.kind !== "file") return null;
    const made = (this.#view.getUint16(this.#at + recordLayout.flags, true) & flags.created) !== 0;
    return {
      kind: "file",
      ...this.#base(),
      change: meaning.change === "open" && made ? "creation" : meaning.change,
      path: this.#path(0),
      otherPath: null,
      file: this.#facts(),
      header: this.#textBytes(1) === 0 ? null : this.#copy(1),
      call,
    };
  }

  #namedFile(): Activity | null {
    const { meaning, call } = this.#hook();
    if (meaning.kind !== "file") return null;
    const { change } = meaning;
    const first = this.#givenPath(0);
    const isLink = change === "rename" || change === "link" || change === "symlink";
    // What a symbolic link leads to is kept as it was written.
    const other = change === "symlink" ? this.#string(0) : first;
    return {
      kind: "file",
      ...this.#base(),
      racyFields: isLink ? racyLink : racyPath,
      change,
      path: isLink ? this.#givenPath(2) : first,
      otherPath: isLink ? other : null,
      file: this.#newMode(call),
      header: null,
      call,
    };
  }

  /** What a call that changes a mode sets it to; all else of the file is not known. */
  #newMode(call: string): FileFacts | null {
    const place = modePlaces.get(call);
    return place === undefined ? null : { ...noFacts, mode: this.#small(2 + place) & 0o7777 };
  }

  #socket(): Activity | null {
    const code = this.#small(0);
    const meaning = code === disconnectCode ? null : this.#hook().meaning;
    const change =
      meaning === null ? "disconnect" : meaning.kind === "network" ? meaning.change : null;
    if (change === null) return null;
    const address = this.#textBytes(0) >= 2 ? this.#address(0) : null;
    const own = this.#endpoints();
    if (own.family === null) return null;
    const result = Number(BigInt.asIntN(32, this.#number(1)));
    const isConnect = change === "connect";
    const given = address !== null && address.family === own.family ? address : null;
    const remote = isConnect && given !== null ? given : { text: own.remote, port: own.remotePort };
    const local =
      change === "bind" && given !== null ? given : { text: own.local, port: own.localPort };
    const isConnected = change !== "bind" && change !== "listen";
    return {
      kind: "network",
      ...this.#base(),
      ...(isConnect && result < 0 ? { racyFields: ["destination.ip", "destination.port"] } : {}),
      change,
      family: own.family,
      transport: own.transport,
      localAddress: local.text,
      localPort: local.port,
      remoteAddress: isConnected ? remote.text : null,
      remotePort: isConnected ? remote.port : null,
      unixPath: given?.path ?? null,
      result: change === "accept" ? 0 : result,
      bytesSent: change === "disconnect" ? this.#number(10) : null,
      bytesReceived: change === "disconnect" ? this.#number(11) : null,
    };
  }

  #dns(): Activity | null {
    const { meaning } = this.#hook();
    if (meaning.kind !== "dns" || this.#textBytes(1) < 12) return null;
    const own = this.#endpoints();
    const address = this.#textBytes(0) >= 4 ? this.#address(0) : null;
    return {
      kind: "dns",
      ...this.#base(),
      change: meaning.change,
      message: this.#copy(1),
      serverAddress: own.remotePort === 0 ? (address?.text ?? null) : own.remote,
      serverPort: own.remotePort === 0 ? (address?.port ?? null) : own.remotePort,
      racyFields: ["dns.question.name"],
    };
  }

  #call(): Activity | null {
    const base = this.#base();
    const result = Number(BigInt.asIntN(32, this.#number(1)));
    const args = [2, 3, 4, 5, 6, 7].map((index) => this.#number(index));
    if (this.#small(0) === uringCode) {
      const call = "io_uring_submit";
      return {
        kind: "call",
        ...base,
        call,
        result,
        args: args.slice(0, 1),
        path: null,
        otherPath: null,
      };
    }
    const { meaning, call } = this.#hook();
    const [a0, a1, a2] = args as [bigint, bigint, bigint];
    switch (meaning.kind) {
      case "setsid":
        return { kind: "setsid", ...base, sessionId: result };
      case "title":
        return { kind: "title", ...base, title: this.#string(0).slice(0, 15) };
      case "memfd":
        return { kind: "memfd", ...base, name: this.#string(0), flags: Number(a1 & 0xffff_ffffn) };
      case "shmget": {
        const [key, size] = [Number(BigInt.asIntN(32, a0)), Number(a1)];
        return { kind: "shmget", ...base, key, sizeBytes: size, flags: Number(a2 & 0xffff_ffffn) };
      }
      case "ptrace":
        return { kind: "ptrace", ...base, request: Number(a0), targetPid: pidOf(a1) };
      case "write-memory":
        return {
          kind: "ptrace",
          ...base,
          call: "process_vm_writev",
          request: null,
          targetPid: pidOf(a0),
        };
      case "mapping": {
        const path = this.#path(2);
        return {
          kind: "mapping",
          ...base,
          call: call === "mmap" ? "mmap" : "mprotect",
          address: call === "mmap" ? this.#number(1) : a0,
          lengthBytes: a1,
          protection: Number(a2),
          path: path === "" ? null : path,
          anonymous: path === "",
        };
      }
      case "signal": {
        const [signal, target] = call === "tgkill" ? [a2, a0] : [a1, a0];
        return { kind: "signal", ...base, signal: Number(signal), targetPid: pidOf(target) };
      }
      case "module":
        return this.#moduleCall(base, call);
      default: {
        const [path, otherPath] = [this.#string(0), this.#string(1)];
        const paths = {
          path: path === "" ? null : path,
          otherPath: otherPath === "" ? null : otherPath,
        };
        const racy = path === "" ? {} : { racyFields: ["file.path"] };
        return { kind: "call", ...base, ...racy, call, result, args, ...paths };
      }
    }
  }

  /** A call that loads a module names it by its file, if at all. */
  #moduleCall(base: { timeNs: bigint; actor: Actor }, call: string): Activity {
    const path = this.#path(2);
    const name = path === "" ? call : posix.basename(path).replace(/\.ko(\.\w+)?$/, "");
    return { kind: "module", ...base, name, path: path === "" ? null : path, taints: null };
  }

  #credentialsChange(): Activity | null {
    const { meaning } = this.#hook();
    if (meaning.kind !== "credentials") return null;
    const after = this.#ownCredentials();
    const before: Credentials = {
      uid: this.#small(1),
      euid: this.#small(2),
      suid: this.#small(3),
      gid: this.#small(4),
      egid: this.#small(5),
      sgid: this.#small(6),
      capEffective: this.#number(7),
      capPermitted: this.#number(8),
    };
    const { change } = meaning;
    const isSame = comparedIds[change].every((name) => before[name] === after[name]);
    return isSame ? null : { kind: "credentials", ...this.#base(), change, before, after };
  }

  #hook(): CallHook {
    return callHooks[this.#small(0)]!;
  }

  #facts(): FileFacts {
    const owner = this.#number(11);
    return {
      inode: this.#number(7),
      device: userDevice(this.#number(8)),
      sizeBytes: Number(this.#number(9)),
      mode: this.#small(10),
      uid: Number(owner >> 32n),
      gid: Number(owner & 0xffff_ffffn),
      links: this.#small(12),
      mtimeNs: this.#number(13) || null,
      ctimeNs: this.#number(14) || null,
    };
  }

  /** numbers 2-9 of a socket. */
  #endpoints(): Endpoints {
    const family = families.get(this.#small(2)) ?? null;
    const [type, protocol, ports] = [this.#small(3), this.#small(4), this.#small(5)];
    const hasPorts = family === "ipv4" || family === "ipv6";
    const at = this.#at + recordLayout.numbers;
    const bytes = family === "ipv4" ? 4 : 16;
    return {
      family,
      transport: transportOf(type, protocol),
      local: hasPorts ? addressText(this.#bytes.subarray(at + 48, at + 48 + bytes)) : null,
      remote: hasPorts ? addressText(this.#bytes.subarray(at + 64, at + 64 + bytes)) : null,
      localPort: hasPorts ? ports >>> 16 : null,
      remotePort: hasPorts ? ports & 0xffff : null,
    };
  }

  /** A sockaddr of include/uapi/linux/in.h, in6.h and un.h; ports and addresses in network order. */
  #address(text: number): GivenAddress | null {
    const bytes = this.#bytes.subarray(this.#starts[text]!, this.#starts[text + 1]!);
    const family = families.get(bytes.readUInt16LE(0));
    if (family === undefined) return null;
    if (family === "unix") {
      // An abstract name begins with NUL, which is written as @.
      const isAbstract = bytes.length > 2 && bytes[2] === 0;
      const end = isAbstract ? bytes.length : bytes.indexOf(0, 2);
      const name = bytes.toString("utf8", isAbstract ? 3 : 2, end === -1 ? bytes.length : end);
      return { family, text: null, port: null, path: isAbstract ? `@${name}` : name };
    }
    const [from, size] = family === "ipv4" ? [4, 4] : [8, 16];
    if (bytes.length < from + size) return null;
    const address = addressText(bytes.subarray(from, from + size));
    return { family, text: address, port: bytes.readUInt16BE(2), path: null };
  }

  /** A path as a call named it, made absolute by the folder that follows it. */
  #givenPath(text: number): string {
    const given = this.#string(text);
    if (given.startsWith("/") || this.#textBytes(text + 1) === 0) return posix.normalize(given);
    const folder = this.#path(text + 1);
    // Without a path, the descriptor itself is meant.
    return given === "" ? folder : posix.normalize(`${folder}/${given}`);
  }

  /** A list of names, leaf first; empty where there is none. */
  #path(text: number): string {
    return this.#paths.read(this.#bytes, this.#starts[text]!, this.#starts[text + 1]!);
  }

  #strings(text: number): string[] {
    return namesIn(this.#bytes, this.#starts[text]!, this.#starts[text + 1]!);
  }

  #string(text: number): string {
    const [start, end] = [this.#starts[text]!, this.#starts[text + 1]!];
    return end <= start ? "" : this.#bytes.toString("utf8", start, end - 1);
  }

  #copy(text: number): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(this.#starts[text]!, this.#starts[text + 1]!));
  }

  #textBytes(text: number): number {
    return this.#starts[text + 1]! - this.#starts[text]!;
  }

  #word(offset: number): number {
    return this.#view.getUint32(this.#at + offset, true);
  }

  #long(offset: number): bigint {
    return this.#view.getBigUint64(this.#at + offset, true);
  }

  #number(index: number): bigint {
    return this.#view.getBigUint64(this.#at + recordLayout.numbers + 8 * index, true);
  }

  /** The low 32 bits of a number. */
  #small(index: number): number {
    return this.#view.getUint32(this.#at + recordLayout.numbers + 8 * index, true);
  }
}

const racyPath: readonly string[] = ["file.path"];
const racyLink: readonly string[] = ["file.path", "file.Ext.original.path"];

const noFacts: FileFacts = {
  inode: null,
  device: null,
  sizeBytes: null,
  mode: null,
  uid: null,
  gid: null,
  links: null,
  mtimeNs: null,
  ctimeNs: null,
};

/** Which argument of a call is a mode. */
const modePlaces: ReadonlyMap<string, number> = new Map([
  ["chmod", 1],
  ["fchmodat", 2],
  ["fchmodat2", 2],
]);

const comparedIds: Readonly<
  Record<"uid" | "gid" | "capabilities", readonly (keyof Credentials)[]>
> = {
  uid: ["uid", "euid", "suid"],
  gid: ["gid", "egid", "sgid"],
  capabilities: ["capEffective", "capPermitted"],
};

/** The kernel's device number (12 bits major, 20 minor) in the form of stat(2). */
function userDevice(device: bigint): bigint {
  const [major, minor] = [device >> 20n, device & 0xfffffn];
  return (minor & 0xffn) | (major << 8n) | ((minor & 0xfff00n) << 12n);
}

function pidOf(argument: bigint): number {
  return Number(BigInt.asIntN(32, argument));
}
