/** The members `process`, `user`, `group` and `container` of events, kept as text for each process. */
import type { Accounts } from "./accounts.ts";
import type { Credentials } from "./activity.ts";
import type { BootClock } from "./boot-clock.ts";
import { capabilitiesOf } from "./capability-table.ts";
import { nsPerTick } from "./entity-id.ts";
import type { Entry, HostProcess } from "./host-process.ts";
import {
  braced,
  idMember,
  listMember,
  numberMember,
  objectMember,
  quote,
  textMember,
} from "./json-text.ts";

/** Distinct capability sets whose text is kept; a host has a handful. */
const capabilityTexts = 1024;

export class ProcessTexts {
  readonly #clock: BootClock;
  readonly #accounts: Accounts;
  readonly #hashOf: (fileKey: string) => string | null;
  readonly #capabilities: Map<bigint, string> = new Map();
  #epoch: number = 1;

  /** `hashOf` gives the SHA-256 of an executable by its key, once it is known. */
  constructor(clock: BootClock, accounts: Accounts, hashOf: (fileKey: string) => string | null) {
    this.#clock = clock;
    this.#accounts = accounts;
    this.#hashOf = hashOf;
  }

  /** All texts are made anew: names of accounts changed, or a hash has become known. */
  renew(): void {
    this.#epoch += 1;
  }

  /**
   * `"process":{...,"Ext":{...` with both objects open, so that an event can go on with members of
   * `process.Ext`, then `}`, members of `process`, and `}`.
   */
  process(process: HostProcess): string {
    this.#discardOld(process);
    const newest = newestChange(process);
    if (process.wholeChange !== newest) {
      process.wholeText = this.#whole(process);
      process.wholeChange = newest;
    }
    return process.wholeText;
  }

  /** `,"user":{...},"group":{...},"container":{...}`, as far as known. */
  user(process: HostProcess): string {
    this.#discardOld(process);
    process.userText ??= this.#user(process);
    return process.userText;
  }

  /** Makes texts of an older state invalid. */
  #discardOld(process: HostProcess): void {
    if (process.textEpoch === this.#epoch) return;
    process.textEpoch = this.#epoch;
    process.parentText = null;
    process.userText = null;
    process.wholeChange = -1;
  }

  #whole(process: HostProcess): string {
    const { parent, ancestry } = process;
    const parentText = parent === null ? idOnly(process.parentPid) : this.#asParent(parent);
    const ext = this.#extension(process, ancestry);
    return `"process":{${(
      this.#self(process) +
        objectMember("parent", parentText) +
        leaderMember("group_leader", process.groupLeader, process.groupLeaderPid) +
        leaderMember("session_leader", process.sessionLeader, process.sessionLeaderPid) +
        entryMember(process.entry)
    ).slice(1)},"Ext":{${ext.slice(1)}`;
  }

  #extension(process: HostProcess, ancestry: readonly string[]): string {
    const namespaces =
      numberMember("pid", process.pidNamespace) + numberMember("mnt", process.mountNamespace);
    // Never empty, so that what follows may begin with a comma.
    return `,"ancestry":${JSON.stringify(ancestry)}${objectMember("namespace", namespaces)}`;
  }

  #self(process: HostProcess): string {
    const { fileKey, credentials } = process;
    const sha256 = fileKey === null ? null : this.#hashOf(fileKey);
    return (
      identityMembers(process) +
      argsMembers(process) +
      textMember("title", process.title) +
      textMember("working_directory", process.workingDirectory) +
      listMember("env_vars", process.environment) +
      textMember("start", this.#start(process)) +
      terminalMembers(process) +
      this.#effectiveMembers(credentials) +
      this.#otherIds(credentials) +
      objectMember("supplemental_groups", listMember("id", process.supplementaryGroups)) +
      objectMember("hash", textMember("sha256", sha256))
    );
  }

  #asParent(parent: HostProcess): string {
    this.#discardOld(parent);
    parent.parentText ??=
      identityMembers(parent) +
      argsMembers(parent) +
      textMember("working_directory", parent.workingDirectory) +
      textMember("start", this.#start(parent)) +
      interactiveMember(parent) +
      this.#effectiveMembers(parent.credentials);
    return parent.parentText;
  }

  #start(process: HostProcess): string | null {
    const { startTicks } = process;
    return startTicks === null ? null : this.#clock.text(BigInt(startTicks) * nsPerTick);
  }

  /** The effective user and group, as ECS's `user` and `group` of a process. */
  #effectiveMembers(credentials: Credentials | null): string {
    if (credentials === null) return "";
    const { euid, egid } = credentials;
    return this.#account("user", euid) + this.#group("group", egid);
  }

  #otherIds(credentials: Credentials | null): string {
    if (credentials === null) return "";
    const { uid, gid, suid, sgid, capEffective, capPermitted } = credentials;
    const capabilities =
      this.#capabilityMember("effective", capEffective) +
      this.#capabilityMember("permitted", capPermitted);
    return (
      this.#account("real_user", uid) +
      this.#group("real_group", gid) +
      `,"saved_user":{"id":"${suid}"},"saved_group":{"id":"${sgid}"}` +
      objectMember("thread", objectMember("capabilities", capabilities))
    );
  }

  #capabilityMember(key: string, mask: bigint | null): string {
    if (mask === null || mask === 0n) return "";
    let text = this.#capabilities.get(mask);
    if (text === undefined) {
      text = JSON.stringify(capabilitiesOf(mask));
      if (this.#capabilities.size >= capabilityTexts) this.#capabilities.clear();
      this.#capabilities.set(mask, text);
    }
    return `,"${key}":${text}`;
  }

  #user(process: HostProcess): string {
    const { credentials, container } = process;
    const containerMembers =
      container === null || container === undefined
        ? ""
        : textMember("id", container.id) + textMember("runtime", container.runtime);
    if (credentials === null) return objectMember("container", containerMembers);
    const { uid, euid, gid, egid } = credentials;
    const user =
      idMember("id", euid) +
      textMember("name", this.#accounts.userName(euid)) +
      (uid === euid ? "" : `,"effective":{"id":"${euid}"}`) +
      `,"Ext":{${this.#account("real", uid).slice(1)}}`;
    const group =
      idMember("id", egid) +
      textMember("name", this.#accounts.groupName(egid)) +
      `,"Ext":{${this.#group("real", gid).slice(1)}}`;
    return (
      objectMember("user", user) +
      objectMember("group", group) +
      objectMember("container", containerMembers)
    );
  }

  #account(key: string, uid: number): string {
    const name = textMember("name", this.#accounts.userName(uid));
    return objectMember(key, idMember("id", uid) + name);
  }

  #group(key: string, gid: number): string {
    const name = textMember("name", this.#accounts.groupName(gid));
    return objectMember(key, idMember("id", gid) + name);
  }
}

/** The newest change of all whose state the text of a process shows. */
function newestChange(process: HostProcess): number {
  const { parent, groupLeader, sessionLeader, entry } = process;
  let newest = process.change;
  if (parent !== null && parent.change > newest) newest = parent.change;
  if (groupLeader !== null && groupLeader.change > newest) newest = groupLeader.change;
  if (sessionLeader !== null && sessionLeader.change > newest) newest = sessionLeader.change;
  if (entry !== null && entry.leader.change > newest) newest = entry.leader.change;
  return newest;
}

function identityMembers(process: HostProcess): string {
  return (
    textMember("entity_id", process.entityId === "" ? null : process.entityId) +
    numberMember("pid", process.pid) +
    textMember("name", process.name) +
    textMember("executable", process.executable)
  );
}

function argsMembers({ args }: HostProcess): string {
  if (args === null || args.length === 0) return "";
  const line = quote(args.join(" "));
  return `,"args":${JSON.stringify(args)},"args_count":${args.length},"command_line":${line}`;
}

function terminalMembers(process: HostProcess): string {
  const { terminal } = process;
  if (terminal === null || terminal === undefined) return interactiveMember(process);
  const { major, minor } = terminal;
  return `${interactiveMember(process)},"tty":{"char_device":{"major":${major},"minor":${minor}}}`;
}

function interactiveMember({ terminal }: HostProcess): string {
  return terminal === undefined ? "" : `,"interactive":${terminal !== null}`;
}

function leaderMember(key: string, leader: HostProcess | null, pid: number | null): string {
  return objectMember(key, leader === null ? idOnly(pid) : asLeader(leader));
}

function entryMember(entry: Entry | null): string {
  if (entry === null) return "";
  const source = objectMember("source", textMember("ip", entry.sourceIp));
  const meta = `,"entry_meta":${braced(textMember("type", entry.type) + source)}`;
  return objectMember("entry_leader", asLeader(entry.leader) + meta);
}

function asLeader(leader: HostProcess): string {
  leader.leaderText ??= identityMembers(leader) + listMember("args", leader.args);
  return leader.leaderText;
}

/** Where no more than its pid is known; the idle task 0 is nobody's parent. */
function idOnly(pid: number | null): string {
  return pid === 0 ? "" : numberMember("pid", pid);
}
