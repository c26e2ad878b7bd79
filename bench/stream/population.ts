/** The processes of a generated host: forked, running and gone, with reuse of process ids. */
import type { Prng } from "../../src/base/prng.ts";
import type { Profile } from "./profile-table.ts";
import { type Program, programs, type User, users } from "./program-table.ts";
import { fillTemplate } from "./template.ts";

/** A process as events show it; `exec` changes what it runs. */
export interface Process {
  readonly pid: number;
  readonly entityId: string;
  readonly parent: Process | null;
  program: Program;
  args: readonly string[];
  commandLine: string;
  directory: string;
  user: User;
  /** Container that it runs in, 12 hex digits. */
  container: string | null;
}

/** Process ids that are free at first. So few of them are used again within a stream. */
const freePids = 1000;
/** From which id on they are given again. */
const lowestPid = 300;
/** Program that each container's processes descend from. */
const containerShim = "containerd-shim-runc-v2";
/** Forked processes and running ones that a host begins with, beside its services. */
const initialForks = 60;
const initialRunning = 150;
/** Of a burst's processes, how many of the newest may fork. */
const crewSize = 8;

const idDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export class Population {
  /** Processes that stay for as long as the host runs. */
  readonly services: Process[] = [];
  /** Forked, and about to run another program; the newest is last. */
  readonly forked: Process[] = [];
  /** Processes that will end; the newest is last. */
  readonly running: Process[] = [];
  readonly #profile: Profile;
  readonly #random: Prng;
  /** Share of the forks that run another program. */
  readonly #execShare: number;
  /** Live processes by pid. */
  readonly #live: Map<number, Process> = new Map();
  #pid: number = 0;
  /** The largest process id; it grows when most are in use. */
  #pidMax: number;
  /** The newest processes of the burst at hand; empty outside bursts. */
  readonly #crew: Process[] = [];

  constructor(profile: Profile, random: Prng) {
    this.#profile = profile;
    this.#random = random;
    this.#execShare = profile.rates.exec / profile.rates.fork;
    const services = Object.values(profile.services).reduce((sum, count) => sum + count, 1);
    this.#pidMax = lowestPid + services + initialForks + initialRunning + freePids;
    this.services.push(this.#born(null, programs.get("systemd")!));
    for (const [name, count] of Object.entries(profile.services)) {
      for (let i = 0; i < count; i += 1) this.#addService(programs.get(name)!);
    }
    for (let i = 0; i < initialForks; i += 1) this.fork();
    for (let i = 0; i < initialRunning; i += 1) {
      this.fork();
      this.exec();
    }
  }

  /** The burst's processes descend from a service that runs `program`. */
  beginBurst(program: string): void {
    this.#crew.length = 0;
    const ancestor = this.#random.pick(
      this.services.filter(({ program: { name } }) => name === program),
    );
    this.#crew.push(ancestor);
  }

  endBurst(): void {
    this.#crew.length = 0;
  }

  /** A process makes a copy of itself; returns the copy. */
  fork(): Process {
    const runsOther = this.#random.float() < this.#execShare;
    const parent = this.#pickParent(runsOther);
    const child = this.#copy(parent);
    (runsOther ? this.forked : this.running).push(child);
    return child;
  }

  /** A forked process runs a program that its parent starts; undefined where none is forked. */
  exec(): Process | undefined {
    const process = takeRecent(this.forked, this.#random);
    if (process === undefined) return undefined;
    const name = this.#random.pick(process.program.starts);
    this.#load(process, programs.get(name)!);
    if (this.#crew.length > 0 && process.program.starts.length > 0) this.#joinCrew(process);
    this.running.push(process);
    return process;
  }

  /** A process ends, most likely a young one; undefined where none is left. */
  exit(): Process | undefined {
    const process = takeRecent(this.running, this.#random);
    if (process !== undefined) this.#live.delete(process.pid);
    return process;
  }

  /** A live process whose program fits; undefined if no process that was tried does. */
  pick(fits: (program: Program) => boolean): Process | undefined {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const from = attempt % 2 === 0 && this.running.length > 0 ? this.running : this.services;
      const process = this.#random.pick(from);
      if (fits(process.program)) return process;
    }
    return undefined;
  }

  isLive(process: Process): boolean {
    return this.#live.get(process.pid) === process;
  }

  /** Below a container's shim where the host has some and the program is not the system's own. */
  #addService(program: Program): void {
    const shims = this.services.filter((service) => service.program.name === containerShim);
    const isContained = shims.length > 0 && program.user !== users.root;
    const parent = isContained ? this.#random.pick(shims) : this.services[0]!;
    this.services.push(this.#born(parent, program));
  }

  /** Copies that run nothing else are workers and subshells of the services. */
  #pickParent(startsOther: boolean): Process {
    const random = this.#random;
    if (!startsOther) return random.pick(this.services);
    const crew = this.#crew.filter((process) => this.isLive(process));
    if (crew.length > 0 && random.float() < 0.8) return random.pick(crew);
    const starts = (program: Program): boolean => program.starts.length > 0;
    return this.pick(starts) ?? this.services.find(({ program }) => starts(program))!;
  }

  #joinCrew(process: Process): void {
    this.#crew.push(process);
    if (this.#crew.length > crewSize) this.#crew.splice(1, 1);
  }

  #copy(parent: Process): Process {
    const { program, args, commandLine, directory, user, container } = parent;
    const identity = { pid: this.#nextPid(), entityId: this.#nextEntityId(), parent };
    const copy = { ...identity, program, args, commandLine, directory, user, container };
    this.#live.set(copy.pid, copy);
    return copy;
  }

  #born(parent: Process | null, program: Program): Process {
    const process: Process = {
      pid: this.#nextPid(),
      entityId: this.#nextEntityId(),
      parent,
      program,
      args: [],
      commandLine: "",
      directory: "/",
      user: users.root,
      container: parent?.container ?? null,
    };
    this.#live.set(process.pid, process);
    this.#load(process, program);
    return process;
  }

  #load(process: Process, program: Program): void {
    const random = this.#random;
    const { home } = this.#profile;
    process.program = program;
    process.user = program.user ?? process.user;
    const given = { home, work: `${home}/src` };
    process.args = random.pick(program.args).map((arg) => fillTemplate(arg, random, given));
    process.commandLine = process.args.join(" ");
    if (program.name === "bash") process.directory = home;
    if (program.name === "make") process.directory = fillTemplate("{work}/{word}", random, given);
    if (program.name === containerShim) {
      process.container = fillTemplate("{hex}", random).slice(0, 12);
    }
  }

  #nextPid(): number {
    if (this.#live.size > this.#pidMax - lowestPid - freePids / 2) this.#pidMax += freePids;
    do {
      this.#pid = this.#pid >= this.#pidMax ? lowestPid : this.#pid + 1;
    } while (this.#live.has(this.#pid));
    return this.#pid;
  }

  #nextEntityId(): string {
    let id = "";
    for (let word = 0; word < 4; word += 1) {
      let bits = this.#random.u32();
      for (let digit = 0; digit < 5; digit += 1) {
        id += idDigits[bits & 63]!;
        bits >>>= 6;
      }
    }
    return id;
  }
}

/** Takes one out of a list whose newest is last: in most cases one of the last. */
function takeRecent(list: Process[], random: Prng): Process | undefined {
  if (list.length === 0) return undefined;
  const back = Math.floor(random.float() ** 4 * list.length);
  const at = list.length - 1 - back;
  const [taken] = list.splice(at, 1);
  return taken;
}
