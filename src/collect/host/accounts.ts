/** Names of users and groups from /etc/passwd and /etc/group, kept in memory. */
import { readFileSync, statSync } from "node:fs";
import { flat, textMember } from "./json-text.ts";

/** How long the files are taken to be as they were, in ns of event time. */
const trustNs = 2_000_000_000n;

export class Accounts {
  readonly #users: NameFile;
  readonly #groups: NameFile;
  #lookedAtNs: bigint | null = null;

  /** The files may be missing: then nobody has a name. */
  constructor(passwd: string = "/etc/passwd", group: string = "/etc/group") {
    this.#users = new NameFile(passwd);
    this.#groups = new NameFile(group);
  }

  /** Looks, at most every 2 s of event time, whether the files were changed; true if names are new. */
  refresh(timeNs: bigint): boolean {
    const last = this.#lookedAtNs;
    if (last !== null && timeNs - last < trustNs) return false;
    this.#lookedAtNs = timeNs;
    const areUsersNew = this.#users.refresh();
    return this.#groups.refresh() || areUsersNew;
  }

  userName(uid: number): string | null {
    return this.#users.names.get(uid) ?? null;
  }

  groupName(gid: number): string | null {
    return this.#groups.names.get(gid) ?? null;
  }

  /** `"id":"0","name":"root"`, the name where there is one. */
  user(uid: number): string {
    return this.#users.members(uid);
  }

  /** The same of a group. */
  group(gid: number): string {
    return this.#groups.members(gid);
  }
}

/** A file of lines `name:password:id:...`; of several names of an id the first counts. */
class NameFile {
  readonly #path: string;
  #stamp: string = "";
  names: ReadonlyMap<number, string> = new Map();
  /** Of ids with a name. */
  readonly #members: Map<number, string> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  /** A file that can't be read just now leaves the names as they are. */
  refresh(): boolean {
    try {
      const stats = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
      const stamp = stats === undefined ? "none" : `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
      if (stamp === this.#stamp) return false;
      this.names = stats === undefined ? new Map() : readNames(this.#path);
      this.#stamp = stamp;
    } catch {
      return false;
    }
    this.#members.clear();
    return true;
  }

  members(id: number): string {
    const known = this.#members.get(id);
    if (known !== undefined) return known;
    const name = this.names.get(id);
    if (name === undefined) return `"id":"${id}"`;
    const members = flat(`"id":"${id}"${textMember("name", name)}`);
    this.#members.set(id, members);
    return members;
  }
}

function readNames(path: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [name, , id] = line.split(":");
    if (name === undefined || name === "" || id === undefined || !/^\d+$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
