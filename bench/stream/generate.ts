/**
 * Events of a made-up Linux host: the same profile and seed give the same lines. What happens is drawn
 * by the profile's rates; who does it follows from the processes that live at that moment.
 */
import { Prng } from "../../src/base/prng.ts";
import { formatIso } from "../../src/base/time.ts";
import { BurstClock } from "./burst-clock.ts";
import { eventLine, type Happening, type HostIdentity } from "./event-json.ts";
import { Population, type Process } from "./population.ts";
import type { EventKind, Profile } from "./profile-table.ts";
import { fillTemplate } from "./template.ts";

/** 2026-03-02T09:00:00Z */
const startNs = 1_772_442_000_000_000_000n;
/** Files that were made last, which renames and deletions take. */
const rememberedFiles = 512;

/** Yields `count` lines without line ends, in the order of their times. */
export function* generateLines(profile: Profile, seed: number, count: number): Generator<string> {
  const random = new Prng(seed);
  const kinds = Object.entries(profile.rates) as [EventKind, number][];
  const rate = kinds.reduce((sum, [, perSecond]) => sum + perSecond, 0);
  const clock = new BurstClock(rate, profile.burst, random);
  const host = new GeneratedHost(profile, random);
  let wasInBurst = false;
  for (let sequence = 1; sequence <= count; sequence += 1) {
    clock.advance();
    if (clock.inBurst !== wasInBurst) {
      wasInBurst = clock.inBurst;
      host.changeBurst(wasInBurst);
    }
    const timeNs = startNs + BigInt(Math.floor(clock.nowNs));
    const { process, happening } = host.act(pickKind(kinds, rate, random));
    yield eventLine(host.identity, sequence, formatIso(timeNs), process, happening);
  }
}

function pickKind(kinds: readonly [EventKind, number][], rate: number, random: Prng): EventKind {
  let left = random.float() * rate;
  for (const [kind, perSecond] of kinds) {
    left -= perSecond;
    if (left < 0) return kind;
  }
  return kinds[0]![0];
}

interface Act {
  readonly process: Process;
  readonly happening: Happening;
}

interface WrittenFile {
  readonly path: string;
  readonly process: Process;
}

class GeneratedHost {
  readonly identity: HostIdentity;
  readonly #profile: Profile;
  readonly #random: Prng;
  readonly #processes: Population;
  readonly #files: WrittenFile[] = [];

  constructor(profile: Profile, random: Prng) {
    this.#profile = profile;
    this.#random = random;
    this.#processes = new Population(profile, random);
    this.identity = {
      id: fillTemplate("{hex}{hex}{hex}", random).slice(0, 32),
      name: `${profile.name}-${random.int(100)}`,
      agentId: fillTemplate("{hex}{hex}", random),
    };
  }

  /** A burst begins or ends. */
  changeBurst(begins: boolean): void {
    if (begins) this.#processes.beginBurst(this.#profile.burst.program);
    else this.#processes.endBurst();
  }

  /** Does something of that kind, or forks where no process is there to do it. */
  act(kind: EventKind): Act {
    switch (kind) {
      case "fork":
        return this.#fork();
      case "exec":
        return processAct(this.#processes.exec(), "start", "exec") ?? this.#fork();
      case "exit":
        return this.#exit() ?? this.#fork();
      case "identity":
        return this.#changeIdentity();
      case "create":
      case "modify":
        return this.#write(kind) ?? this.#fork();
      case "rename":
      case "delete":
        return this.#remove(kind) ?? this.#write("create") ?? this.#fork();
      case "connect":
        return this.#connect() ?? this.#fork();
      case "accept":
        return this.#accept() ?? this.#fork();
      case "dns":
        return this.#lookUp() ?? this.#fork();
    }
  }

  #fork(): Act {
    return processAct(this.#processes.fork(), "start", "fork");
  }

  #exit(): Act | undefined {
    const failed = this.#random.float() < 0.05;
    return processAct(this.#processes.exit(), "end", "end", { exit_code: failed ? 1 : 0 });
  }

  #changeIdentity(): Act {
    const action = this.#random.pick(["uid_change", "gid_change", "session_id_change"]);
    const process = this.#processes.pick(() => true)!;
    return processAct(process, "change", action, { group: process.user });
  }

  #write(kind: "create" | "modify"): Act | undefined {
    const process = this.#processes.pick(({ writes }) => writes.length > 0);
    if (process === undefined) return undefined;
    const { home } = this.#profile;
    const given = { home, work: process.directory === "/" ? `${home}/src` : process.directory };
    const template = this.#random.pick(process.program.writes);
    const path = absolute(fillTemplate(template, this.#random, given), given.work);
    if (kind === "modify") return fileAct(process, "change", "modification", path);
    this.#files.push({ path, process });
    if (this.#files.length > rememberedFiles) this.#files.shift();
    return fileAct(process, "creation", "creation", path);
  }

  #remove(kind: "rename" | "delete"): Act | undefined {
    if (this.#files.length === 0) return undefined;
    const at = this.#random.int(this.#files.length);
    const [file] = this.#files.splice(at, 1);
    const { path } = file!;
    const process = this.#processes.isLive(file!.process)
      ? file!.process
      : this.#processes.pick(({ writes }) => writes.length > 0);
    if (process === undefined) return undefined;
    if (kind === "delete") return fileAct(process, "deletion", "deletion", path);
    return fileAct(process, "change", "rename", `${path}.${this.#random.int(10)}`, path);
  }

  #connect(): Act | undefined {
    const process = this.#processes.pick(({ connects }) => connects.length > 0);
    if (process === undefined) return undefined;
    const random = this.#random;
    const asksName = random.float() < this.#profile.nameServerShare;
    const port = asksName ? 53 : random.pick(process.program.connects);
    const destination = { ip: asksName ? "10.96.0.10" : this.#peer(port), port };
    return this.#networkAct(process, "connection_attempted", "egress", destination);
  }

  #accept(): Act | undefined {
    const process = this.#processes.pick(({ accepts }) => accepts.length > 0);
    if (process === undefined) return undefined;
    const port = this.#random.pick(process.program.accepts);
    const destination = { ip: "10.0.0.12", port };
    return this.#networkAct(process, "connection_accepted", "ingress", destination);
  }

  #networkAct(
    process: Process,
    action: string,
    direction: "egress" | "ingress",
    destination: { readonly ip: string; readonly port: number },
  ): Act {
    const ip = direction === "egress" ? "10.0.0.12" : this.#peer(8080);
    const source = { ip, port: 32_768 + this.#random.int(28_000) };
    const transport = destination.port === 53 ? "udp" : "tcp";
    const fields = { source, destination, network: { direction, type: "ipv4", transport } };
    return { process, happening: { category: "network", type: "start", action, fields } };
  }

  /** An address inside, or for the ports of the web one of those reserved for documentation. */
  #peer(port: number): string {
    const [a, b] = [1 + this.#random.int(254), 1 + this.#random.int(254)];
    if (port !== 443 && port !== 80) return `10.244.${a % 16}.${b}`;
    return `${this.#random.pick(["192.0.2", "198.51.100", "203.0.113"])}.${b}`;
  }

  #lookUp(): Act | undefined {
    const process = this.#processes.pick(({ connects }) => connects.length > 0);
    if (process === undefined) return undefined;
    const template = this.#random.pick([
      "{word}.example.com",
      "{word}-{n}.{word}.svc.cluster.local",
    ]);
    const name = fillTemplate(template, this.#random);
    const dns = { question: { name, type: "A" }, resolved_ip: [this.#peer(443)] };
    const happening = { category: "dns", type: "end", action: "lookup_result", fields: { dns } };
    return { process, happening };
  }
}

function processAct(process: Process, type: string, action: string, processFields?: object): Act;
function processAct(
  process: Process | undefined,
  type: string,
  action: string,
  processFields?: object,
): Act | undefined;
function processAct(
  process: Process | undefined,
  type: string,
  action: string,
  processFields: object = {},
): Act | undefined {
  if (process === undefined) return undefined;
  return {
    process,
    happening: { category: "process", type, action, processFields: { ...processFields } },
  };
}

function fileAct(
  process: Process,
  type: string,
  action: string,
  path: string,
  originalPath?: string,
): Act {
  const described = describe(path);
  const file =
    originalPath === undefined
      ? { ...described, type: "file" }
      : { ...described, type: "file", Ext: { original: describe(originalPath) } };
  return { process, happening: { category: "file", type, action, fields: { file } } };
}

function describe(path: string): Record<string, string> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return { path, name, ...(dot <= 0 ? {} : { extension: name.slice(dot + 1) }) };
}

function absolute(path: string, directory: string): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}
