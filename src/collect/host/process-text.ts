/** The members `process`, `user`, `group` and `container` of events, kept as text for each process. */
import type { Accounts } from "./accounts.ts";
import type { Credentials } from "./activity.ts";
import type { BootClock } from "./boot-clock.ts";
import { capabilitiesOf } from "./capability-table.ts";
import { nsPerTick } from "./entity-id.ts";
import { ProcessFragment } from "./host-event.ts";
import type { HostProcess } from "./host-process.ts";
import { IsoTexts } from "./iso-texts.ts";
import { flat, listMember, numberMember, objectMember, quote, textMember } from "./json-text.ts";

/** Pairs of capability sets whose text is kept; a host has a handful. */
const capabilityTexts = 1024;
/** Longer texts are made anew for each event, so that long arguments are not kept many times over. */
const keptChars = 8192;

export class ProcessTexts {
  readonly #clock: BootClock;
  readonly #accounts: Accounts;
  readonly #hashOf: (fileKey: string) => string | null;
  /** By the effective set, then by the permitted one. */
  readonly #capabilities: Map<bigint | null, Map<bigint | null, string>> = new Map();
  #capabilityTexts: number = 0;
  /** Apart from the clock's, which times of events keep to one second. */
  readonly #starts: IsoTexts = new IsoTexts();
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

  /** What all events of the process say of it as it is now. */
  fragment(process: HostProcess): ProcessFragment {
    this.#discardOld(process);
    const newest = newestChange(process);
    if (process.fragment !== null && process.fragmentChange === newest) return process.fragment;
    const fragment = new ProcessFragment(this.#whole(process), flat(this.#user(process)));
    if (fragment.chars > keptChars) return fragment;
    process.fragment = fragment;
    process.fragmentChange = newest;
    return fragment;
  }

  /** Makes texts of an older state invalid. */
  #discardOld(process: HostProcess): void {
    if (process.textEpoch === this.#epoch) return;
    process.textEpoch = this.#epoch;
    process.parentText = null;
    process.fragment = null;
  }

  /** Both objects stay open: events go on with members of `process.Ext`, then `}`, members of `process`, and `}`. */
  #whole(process: HostProcess): readonly string[] {
    const { parent, ancestry, credentials } = process;
    const parentText = parent === null ? idOnly(process.parentPid) : this.#asParent(parent);
    const hasParent = parentText !== "";
    const rest =
      leaderMember("group_leader", process.groupLeader, process.groupLeaderPid) +
      leaderMember("session_leader", process.sessionLeader, process.sessionLeaderPid) +
      entryMember(process) +
      `,"Ext":{${this.#extension(process, ancestry)}`;
    return [
      flat(`"process":{${this.#self(process)}`),
      credentials === null
        ? ""
        : this.#threadMember(credentials.capEffective, credentials.capPermitted),
      flat(this.#moreOfSelf(process) + (hasParent ? ',"parent":{' : "")),
      parentText,
      flat(hasParent ? `}${rest}` : rest),
    ];
  }

  #extension(process: HostProcess, ancestry: readonly string[]): string {
    const namespaces =
      numberMember("pid", process.pidNamespace) + numberMember("mnt", process.mountNamespace);
    // Never empty, so that what follows may begin with a comma.
    return `"ancestry":${JSON.stringify(ancestry)}${objectMember("namespace", namespaces)}`;
  }

  #self(process: HostProcess): string {
    const { credentials } = process;
    return (
      identityMembers(process) +
      argsMembers(process) +
      textMember("title", process.title) +
      textMember("working_directory", process.workingDirectory) +
      listMember("env_vars", process.environment) +
      textMember("start", this.#start(process)) +
      terminalMembers(process) +
      this.#effectiveMembers(credentials) +
      this.#otherIds(credentials)
    );
  }

  /** What follows what its credentials say. */
  #moreOfSelf({ fileKey, supplementaryGroups }: HostProcess): string {
    const sha256 = fileKey === null ? null : this.#hashOf(fileKey);
    return (
      objectMember("supplemental_groups", listMember("id", supplementaryGroups)) +
      objectMember("hash", textMember("sha256", sha256))
    );
  }

  #asParent(parent: HostProcess): string {
    this.#discardOld(parent);
    if (parent.parentText !== null) return parent.parentText;
    const text =
      identityMembers(parent) +
      argsMembers(parent) +
      textMember("working_directory", parent.workingDirectory) +
      textMember("start", this.#start(parent)) +
      interactiveMember(parent) +
      this.#effectiveMembers(parent.credentials);
    if (text.length <= keptChars) parent.parentText = flat(text);
    return text;
  }

  #start(process: HostProcess): string | null {
    const { startTicks } = process;
    if (startTicks === null) return null;
    return this.#starts.format(this.#clock.wallNs(BigInt(startTicks) * nsPerTick));
  }

  /** The effective user and group, as ECS's `user` and `group` of a process. */
  #effectiveMembers(credentials: Credentials | null): string {
    if (credentials === null) return "";
    const { euid, egid } = credentials;
    return `,"user":{${this.#accounts.user(euid)}},"group":{${this.#accounts.group(egid)}}`;
  }

  #otherIds(credentials: Credentials | null): string {
    if (credentials === null) return "";
    const { uid, gid, suid, sgid } = credentials;
    return (
      `,"real_user":{${this.#accounts.user(uid)}},"real_group":{"id":"${gid}"}` +
      `,"saved_user":{"id":"${suid}"},"saved_group":{"id":"${sgid}"}`
    );
  }

  /** `,"thread":{"capabilities":{...}}`, which may be long; nothing where there are none. */
  #threadMember(effective: bigint | null, permitted: bigint | null): string {
    const known = this.#capabilities.get(effective)?.get(permitted);
    if (known !== undefined) return known;
    const sets =
      capabilityMember("effective", effective) + capabilityMember("permitted", permitted);
    const text = flat(objectMember("thread", objectMember("capabilities", sets)));
    if (this.#capabilityTexts >= capabilityTexts) {
      this.#capabilities.clear();
      this.#capabilityTexts = 0;
    }
    this.#capabilityTexts += 1;
    let byPermitted = this.#capabilities.get(effective);
    if (byPermitted === undefined) {
      byPermitted = new Map();
      this.#capabilities.set(effective, byPermitted);
    }
    byPermitted.set(permitted, text);
    return text;
  }

  /** `,"user":{...},"group":{...},"container":{...}`, as far as known. */
  #user(process: HostProcess): string {
    const { credentials, container } = process;
    const containerMembers =
      container === null || container === undefined
        ? ""
        : textMember("id", container.id) + textMember("runtime", container.runtime);
    if (credentials === null) return objectMember("container", containerMembers);
    const { uid, euid, gid, egid } = credentials;
    const effective = uid === euid ? "" : `,"effective":{"id":"${euid}"}`;
    const realUser = `"Ext":{"real":{${this.#accounts.user(uid)}}}`;
    const realGroup = `"Ext":{"real":{${this.#accounts.group(gid)}}}`;
    return (
      `,"user":{${this.#accounts.user(euid)}${effective},${realUser}}` +
      `,"group":{${this.#accounts.group(egid)},${realGroup}}` +
      objectMember("container", containerMembers)
    );
  }
}

function capabilityMember(key: string, mask: bigint | null): string {
  if (mask === null || mask === 0n) return "";
  return `,"${key}":${JSON.stringify(capabilitiesOf(mask))}`;
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

/** Without a comma in front: an object of a process begins with these. */
function identityMembers(process: HostProcess): string {
  return (
    `"pid":${process.pid}` +
    textMember("entity_id", process.entityId === "" ? null : process.entityId) +
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
  return bracedMember(key, leader === null ? idOnly(pid) : asLeader(leader));
}

function entryMember(process: HostProcess): string {
  const { entry } = process;
  if (entry === null) return "";
  const source = objectMember("source", textMember("ip", entry.sourceIp));
  const meta = `"entry_meta":{"type":"${entry.type}"${source}}`;
  const isSame = entry.leader === process;
  return `,"entry_leader":{${asLeader(entry.leader)},"same_as_process":${isSame},${meta}}`;
}

/** `,"key":{...}` of members without a comma in front; nothing where there are none. */
function bracedMember(key: string, members: string): string {
  return members === "" ? "" : `,"${key}":{${members}}`;
}

function asLeader(leader: HostProcess): string {
  if (leader.leaderText !== null) return leader.leaderText;
  const text = identityMembers(leader) + listMember("args", leader.args);
  if (text.length <= keptChars) leader.leaderText = flat(text);
  return text;
}

/** Where no more than its pid is known; the idle task 0 is nobody's parent. */
function idOnly(pid: number | null): string {
  return pid === null || pid === 0 ? "" : `"pid":${pid}`;
}
