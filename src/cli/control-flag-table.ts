/** The part of the table of commands and flags (flags.ts) that is about a running agent. */
import type { CommandEntry, CommandName, FlagEntry } from "./flags.ts";

/** What `kestrel ctl` can ask for. */
export const controlActions = [
  "reload",
  "rollback",
  "disable",
  "enable",
  "log-level",
  "flush",
  "stop",
  "metrics",
] as const;

/** Those that are told more than their name: whether they have to be. */
export const argumentOfAction: Readonly<Record<string, "required" | "optional">> = {
  disable: "required",
  enable: "required",
  "log-level": "optional",
};

export const controlCommandTable: readonly CommandEntry[] = [
  {
    name: "status",
    summary: "tell how a running agent is doing",
    description: "Asks a running agent for its counters, sources, dearest rules and memory.",
    operands: [],
    examples: [
      "kestrel status",
      "kestrel status --control /run/kestrel/control.sock --format json",
    ],
  },
  {
    name: "top",
    summary: "watch a running agent",
    description:
      "Shows events a second, losses, alerts and the dearest rules of a running agent, anew each second until Ctrl-C.",
    operands: [],
    examples: ["kestrel top", "kestrel top --once", "kestrel top --format json"],
  },
  {
    name: "ctl",
    summary: "steer a running agent",
    description:
      "Makes a running agent load its rules anew, go back to those before, do without some rules, say more or less, hand on its alerts, end, or print its metrics.",
    operands: [
      {
        name: "ACTION",
        required: true,
        rest: false,
        help: controlActions.join(", "),
        choices: controlActions,
      },
      {
        name: "VALUE",
        required: false,
        rest: false,
        help: "of disable and enable: rules, as --disable names them; of log-level: error, warn, info or debug",
      },
    ],
    examples: [
      "kestrel ctl reload",
      "kestrel ctl disable tag:noisy",
      "kestrel ctl log-level debug",
      "kestrel ctl stop --control agent.sock",
      "kestrel ctl metrics",
    ],
  },
];

const asking: readonly CommandName[] = ["status", "top", "ctl"];

export const controlFlags: readonly FlagEntry[] = [
  {
    name: "pid-file",
    value: { kind: "path", label: "FILE" },
    repeats: false,
    help: "hold this file while running, so that there is one agent only",
    commands: ["run"],
  },
  {
    name: "control",
    value: { kind: "path", label: "SOCKET" },
    repeats: false,
    help: "be steered over this socket (status, top, ctl)",
    commands: ["run"],
  },
  {
    name: "metrics",
    value: { kind: "text", label: "ADDRESS:PORT" },
    repeats: false,
    help: "serve metrics to Prometheus there; the address is loopback where only a port is given",
    commands: ["run"],
  },
  {
    name: "control",
    value: { kind: "path", label: "SOCKET" },
    repeats: false,
    preset: "/run/kestrel/control.sock for root, else kestrel/control.sock below XDG_RUNTIME_DIR",
    help: "control socket of the agent",
    commands: asking,
  },
  {
    name: "format",
    value: { kind: "choice", label: "FORMAT", choices: ["text", "json"] },
    repeats: false,
    preset: "text",
    help: "form of the output",
    commands: ["status", "top"],
  },
  {
    name: "once",
    value: null,
    repeats: false,
    help: "print one picture and end; so it is with --format json and without a terminal",
    commands: ["top"],
  },
];
