/** The kinds of hosts whose events are generated: rates of events, bursts, and what runs there. */

/** Events of one kind that differ in what they say, not only in when they happen. */
export type EventKind =
  | "fork"
  | "exec"
  | "exit"
  | "identity"
  | "create"
  | "modify"
  | "rename"
  | "delete"
  | "connect"
  | "accept"
  | "dns";

export interface Profile {
  readonly name: string;
  /** Mean events of each kind in a second, bursts included. */
  readonly rates: Readonly<Record<EventKind, number>>;
  /** Times at which events come faster, and from the descendants of one process. */
  readonly burst: Burst;
  /** Names of long-lived programs and how many processes run each. */
  readonly services: Readonly<Record<string, number>>;
  /** Share of the connections that go to the name server, `0 <= share <= 1`. */
  readonly nameServerShare: number;
  /** Home of the users and working directory of what they start. */
  readonly home: string;
}

/** Begin at random moments, `everySeconds` apart in the mean, and last `seconds` in the mean. */
export interface Burst {
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly everySeconds: number;
  /** Program that the burst descends from. */
  readonly program: string;
}

/** Files are made, written, renamed and removed in these shares. */
function fileRates(
  perSecond: number,
): Pick<Profile["rates"], "create" | "modify" | "rename" | "delete"> {
  return {
    create: perSecond * 0.4,
    modify: perSecond * 0.35,
    rename: perSecond * 0.1,
    delete: perSecond * 0.15,
  };
}

export const profiles: readonly Profile[] = [
  {
    name: "laptop",
    rates: {
      ...fileRates(5),
      fork: 3,
      exec: 1,
      exit: 3,
      identity: 0.1,
      connect: 1,
      accept: 0.05,
      dns: 0.6,
    },
    burst: { eventsPerSecond: 1500, seconds: 0.5, everySeconds: 150, program: "terminal" },
    services: {
      ...{ "systemd-journald": 1, cron: 1, sshd: 1, "gnome-shell": 1, browser: 24, editor: 8 },
      ...{ terminal: 4, bash: 6, pipewire: 2 },
    },
    nameServerShare: 0.3,
    home: "/home/desk",
  },
  {
    name: "kubernetes-node",
    rates: {
      ...fileRates(3),
      fork: 3.5,
      exec: 1.2,
      exit: 2.5,
      identity: 0.2,
      connect: 5,
      accept: 2,
      dns: 2.5,
    },
    burst: {
      eventsPerSecond: 150,
      seconds: 4,
      everySeconds: 120,
      program: "containerd-shim-runc-v2",
    },
    services: {
      ...{ "systemd-journald": 1, sshd: 1, containerd: 1, kubelet: 1, "kube-proxy": 1, coredns: 2 },
      ...{ "containerd-shim-runc-v2": 24, node: 16, nginx: 8, java: 6, "redis-server": 2 },
      ...{ python3: 6, "fluent-bit": 1 },
    },
    nameServerShare: 0.57,
    home: "/srv",
  },
  {
    name: "build-server",
    rates: {
      ...fileRates(1500),
      fork: 400,
      exec: 200,
      exit: 400,
      identity: 2,
      connect: 2,
      accept: 0.1,
      dns: 1,
    },
    burst: { eventsPerSecond: 6000, seconds: 1, everySeconds: 6, program: "runner" },
    services: {
      "systemd-journald": 1,
      cron: 1,
      sshd: 2,
      runner: 32,
      make: 64,
      bash: 8,
      python3: 4,
    },
    nameServerShare: 0.4,
    home: "/home/builder",
  },
  {
    name: "busy-server",
    rates: {
      ...fileRates(2000),
      fork: 1500,
      exec: 1000,
      exit: 1500,
      identity: 20,
      connect: 3000,
      accept: 5000,
      dns: 500,
    },
    burst: { eventsPerSecond: 40_000, seconds: 0.1, everySeconds: 2, program: "cron" },
    services: {
      ...{ "systemd-journald": 1, cron: 16, sshd: 16, nginx: 3000, postgres: 2000, java: 1500 },
      ...{ "redis-server": 400, node: 1500, python3: 1500, bash: 60 },
    },
    nameServerShare: 0.1,
    home: "/srv",
  },
];
