/**
 * The one table of commands and flags. The parser, `--help` and the shell completions come from it
 * (parser.ts, completion-script.ts).
 */
import { backendNames, defaultBackend } from "../agent/backends.ts";
import { defaultTop } from "../agent/profile.ts";
import { sourceForms } from "../agent/source-spec.ts";
import { explainCommands, explainFlags } from "./explain-flag-table.ts";
import { logCommands, logFlags } from "./log-flag-table.ts";
import { timeUnits } from "./time-units.ts";

export type CommandName =
  | "validate"
  | "list"
  | "replay"
  | "profile"
  | "backtest"
  | "query"
  | "explain"
  | "test"
  | "run"
  | "doctor"
  | "record"
  | "convert"
  | "inspect"
  | "completion";

export interface CommandEntry {
  readonly name: CommandName;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What the command does, for its own help. */
  readonly description: string;
  readonly operands: readonly Operand[];
  readonly examples: readonly string[];
}

/** An argument that is no flag. */
export interface Operand {
  readonly name: string;
  readonly required: boolean;
  /** Whether it takes all arguments that are left. */
  readonly rest: boolean;
  readonly help: string;
  /** What a shell offers: file names unless there are choices. */
  readonly choices?: readonly string[];
}

export interface FlagEntry {
  /** Without the dashes. */
  readonly name: string;
  /** Null for a switch. */
  readonly value: FlagValue | null;
  /** Whether each use adds a value. */
  readonly repeats: boolean;
  /** Shown in the help. */
  readonly preset?: string;
  readonly help: string;
  readonly commands: readonly CommandName[];
}

export type FlagValue =
  | { readonly kind: "text" | "path"; readonly label: string }
  | { readonly kind: "integer"; readonly label: string; readonly min: number; readonly max: number }
  | { readonly kind: "number"; readonly label: string; readonly min: number }
  | { readonly kind: "choice"; readonly label: string; readonly choices: readonly string[] };

export const shells: readonly string[] = ["bash", "zsh", "fish"];

const events: Operand = {
  name: "EVENTS",
  required: true,
  rest: true,
  help: "logs (.klog), folders of logs, JSON lines, plain or gzip; - for standard input",
};

export const commandTable: readonly CommandEntry[] = [
  {
    name: "validate",
    summary: "check rules",
    description:
      "Checks rules and prints what is wrong with them. Exits with 0 when none is invalid, 1 when some are.",
    operands: [
      {
        name: "FILES",
        required: false,
        rest: true,
        help: "rule files or folders; - for standard input",
      },
    ],
    examples: [
      "kestrel validate",
      "kestrel validate --rules rules --rules more-rules --format json",
      "kestrel validate shell.eql",
      "echo 'process where process.name == \"sh\"' | kestrel validate -",
    ],
  },
  {
    name: "list",
    summary: "list rules",
    description:
      "Lists rules with id, name, version, severity, state, cost, kind and path. With --coverage it tells instead which of them can fire on what this program collects.",
    operands: [],
    examples: [
      "kestrel list",
      "kestrel list --rules rules --coverage",
      "kestrel list --rules rules --only severity:high --format json",
    ],
  },
  {
    name: "replay",
    summary: "run rules over recorded events",
    description:
      "Reads all events, sorts them by time and runs the rules over them. The same events and rules give the same alerts and digest, always.",
    operands: [events],
    examples: [
      "kestrel replay events.jsonl --rules rules",
      "kestrel replay a.jsonl.gz b.jsonl.gz --alerts alerts.jsonl --format json",
      "zcat events.jsonl.gz | kestrel replay - --only tag:linux --format text",
      "kestrel replay events.jsonl --alerts alerts.jsonl --expect 3f5a...",
      "kestrel replay host.klog --from 2026-03-02T09:00:00Z --to 2026-03-02T10:00:00Z",
      "kestrel replay host.klog --compare events.jsonl.gz",
    ],
  },
  {
    name: "profile",
    summary: "tell which rules are dear",
    description:
      "Replays recorded events and prints the rules, predicates and fields that cost most. With a budget it exits with 1 where rules cost more than it allows.",
    operands: [events],
    examples: [
      "kestrel profile events.jsonl --rules rules",
      "kestrel profile events.jsonl --rules rules --write-budget budget.yaml",
      "kestrel profile events.jsonl --rules rules --budget budget.yaml --format json",
    ],
  },
  {
    name: "backtest",
    summary: "review a change of rules",
    description:
      "Replays recorded events through rules as they were and as they are, and prints which alerts appear, disappear or change, rule by rule.",
    operands: [events],
    examples: [
      "kestrel backtest events.jsonl --rules new-rules --against rules",
      "kestrel backtest events.jsonl --rules new-rules --against rules --format junit > results.xml",
    ],
  },
  {
    name: "query",
    summary: "search recorded events with EQL",
    description:
      "Runs one EQL query, pipes allowed, over recorded events and prints the events (or sequences) that match.",
    operands: [{ name: "EQL", required: true, rest: false, help: "the query" }, events],
    examples: [
      "kestrel query 'process where process.name == \"sh\"' events.jsonl",
      "kestrel query 'network where true | unique destination.ip | head 10' events.jsonl.gz --format json",
    ],
  },
  ...explainCommands(events),
  {
    name: "test",
    summary: "run the tests that rules carry",
    description: "Runs the tests of rules. Exits with 0 when all pass, 1 when some fail.",
    operands: [],
    examples: ["kestrel test", "kestrel test --rules rules --format junit > results.xml"],
  },
  {
    name: "run",
    summary: "follow live sources and alert",
    description:
      "Takes what happens from live sources, runs the rules and alerts at once. Prints `ready` on standard error when its sources are attached. SIGHUP loads the rules anew, Ctrl-C ends it cleanly.",
    operands: [],
    examples: [
      "kestrel run --rules rules --alerts alerts.jsonl",
      "kestrel run --source ebpf --cgroup /sys/fs/cgroup/system.slice --source socket:/run/kestrel/events.sock",
      "kestrel run --source jsonl:/var/log/events.jsonl --rules rules",
      "producer | kestrel run --source jsonl:- --alerts alerts.jsonl",
      "kestrel run --source jsonl:events.jsonl --for 60 --format text",
    ],
  },
  {
    name: "doctor",
    summary: "tell what this machine offers",
    description:
      "Tells what this machine offers to live sources, what is missing, and the command that mends it. With --config it checks a configuration and exits with 1 where it can't be used.",
    operands: [],
    examples: ["kestrel doctor", "kestrel doctor --config examples/kestrel.yaml --format json"],
  },
  ...logCommands,
  {
    name: "completion",
    summary: "print a completion script for a shell",
    description: "Prints a completion script for bash, zsh or fish.",
    operands: [
      { name: "SHELL", required: true, rest: false, help: shells.join(", "), choices: shells },
    ],
    examples: [
      "kestrel completion bash > ~/.local/share/bash-completion/completions/kestrel",
      "kestrel completion zsh > ~/.zfunc/_kestrel",
      "kestrel completion fish > ~/.config/fish/completions/kestrel.fish",
    ],
  },
];

const withRules: readonly CommandName[] = [
  "validate",
  "list",
  "replay",
  "profile",
  "backtest",
  "explain",
  "test",
  "run",
];
const withSchema: readonly CommandName[] = [...withRules, "query"];
const selecting: readonly CommandName[] = ["list", "replay", "profile", "backtest", "run"];
const live: readonly CommandName[] = ["run", "record"];
const streaming: readonly CommandName[] = ["replay", "run"];
const recording: readonly CommandName[] = ["record", "convert"];
const reading: readonly CommandName[] = [
  "replay",
  "profile",
  "backtest",
  "query",
  "explain",
  "run",
  ...recording,
];

function path(label: string): FlagValue {
  return { kind: "path", label };
}

function choice(label: string, choices: readonly string[]): FlagValue {
  return { kind: "choice", label, choices };
}

export const flagTable: readonly FlagEntry[] = [
  {
    name: "source",
    value: { kind: "text", label: "SPEC" },
    repeats: true,
    preset: "auto for run",
    help: `what to follow, several at once: ${sourceForms.join(", ")}`,
    commands: live,
  },
  {
    name: "cgroup",
    value: path("PATH"),
    repeats: false,
    help: "folder of a control group: only its processes are watched",
    commands: live,
  },
  {
    name: "config",
    value: path("FILE"),
    repeats: false,
    help: "YAML file that says what the flags leave open",
    commands: ["run", "doctor"],
  },
  {
    name: "cpu-budget",
    value: { kind: "number", label: "PERCENT", min: 0.1 },
    repeats: false,
    help: "per cent of one core; beyond it the least valuable events are shed, loudly",
    commands: ["run"],
  },
  {
    name: "pid-file",
    value: path("FILE"),
    repeats: false,
    help: "hold this file while running, so that there is one agent only",
    commands: ["run"],
  },
  {
    name: "no-ebpf",
    value: null,
    repeats: false,
    help: "let `auto` take a source without eBPF",
    commands: live,
  },
  {
    name: "rules",
    value: path("DIR"),
    repeats: true,
    preset: "./rules",
    help: "folder or file of rules, read recursively; repeats",
    commands: withRules,
  },
  {
    name: "only",
    value: { kind: "text", label: "TERM" },
    repeats: true,
    help: "select rules: an id, tag:GLOB, severity:NAME or path:GLOB; repeats",
    commands: selecting,
  },
  {
    name: "disable",
    value: { kind: "text", label: "TERM" },
    repeats: true,
    help: "switch rules off, with the same terms; repeats",
    commands: selecting,
  },
  {
    name: "selection",
    value: path("FILE"),
    repeats: false,
    help: "YAML file with the lists `only` and `disable`",
    commands: selecting,
  },
  {
    name: "alerts",
    value: path("FILE"),
    repeats: false,
    help: "write alerts there as JSON lines; without it they go to standard output",
    commands: streaming,
  },
  {
    name: "format",
    value: choice("FORMAT", ["text", "json", "sarif"]),
    repeats: false,
    preset: "text",
    help: "form of the output",
    commands: ["validate"],
  },
  {
    name: "format",
    value: choice("FORMAT", ["text", "json"]),
    repeats: false,
    preset: "text",
    help: "form of the output",
    commands: ["list", "profile", "doctor"],
  },
  {
    name: "format",
    value: choice("FORMAT", ["text", "json"]),
    repeats: false,
    preset: "text on a terminal, else json",
    help: "form of what goes to standard output",
    commands: ["replay", "query", "explain", "run"],
  },
  {
    name: "format",
    value: choice("FORMAT", ["text", "json", "junit"]),
    repeats: false,
    preset: "text",
    help: "form of the results",
    commands: ["test", "backtest"],
  },
  {
    name: "coverage",
    value: null,
    repeats: false,
    help: "tell whether the sources of this program supply what each rule asks for",
    commands: ["list"],
  },
  {
    name: "against",
    value: path("PATH"),
    repeats: true,
    help: "a rule file or folder as it was before",
    commands: ["backtest"],
  },
  {
    name: "expect",
    value: { kind: "text", label: "DIGEST" },
    repeats: false,
    help: "fail with exit code 3 unless the alerts have this digest",
    commands: ["replay"],
  },
  {
    name: "profile",
    value: null,
    repeats: false,
    help: "add what the rules cost to the summary",
    commands: ["replay"],
  },
  {
    name: "top",
    value: { kind: "integer", label: "N", min: 1, max: 1_000_000 },
    repeats: false,
    preset: String(defaultTop),
    help: "how many rules, predicates and fields to show",
    commands: ["profile"],
  },
  {
    name: "budget",
    value: path("FILE"),
    repeats: false,
    help: "fail with exit code 1 where rules take more evaluations than this YAML or JSON file allows",
    commands: ["profile"],
  },
  {
    name: "write-budget",
    value: path("FILE"),
    repeats: false,
    help: "write the evaluations of this replay there as a budget",
    commands: ["profile"],
  },
  {
    name: "for",
    value: { kind: "number", label: "SECONDS", min: 0 },
    repeats: false,
    help: "end after this time",
    commands: ["run", "record"],
  },
  {
    name: "schema",
    value: choice("MODE", ["open", "closed"]),
    repeats: false,
    preset: "open for Elastic TOML and queries, else closed",
    help: "closed: a field that the schema lacks is an error; open: its type is inferred",
    commands: withSchema,
  },
  {
    name: "schema-extension",
    value: path("FILE"),
    repeats: false,
    help: "YAML file with more fields",
    commands: [...withSchema, ...recording],
  },
  {
    name: "category-field",
    value: { kind: "text", label: "FIELD" },
    repeats: false,
    preset: "event.category",
    help: "field that the query's category is compared with",
    commands: ["query"],
  },
  {
    name: "timestamp-field",
    value: { kind: "text", label: "FIELD" },
    repeats: false,
    preset: "@timestamp",
    help: "field that holds an event's time",
    commands: reading,
  },
  {
    name: "tiebreaker-field",
    value: { kind: "text", label: "FIELD" },
    repeats: false,
    help: "field that orders events of the same time; order of arrival unless given",
    commands: ["query"],
  },
  {
    name: "timestamp-unit",
    value: choice("UNIT", timeUnits),
    repeats: false,
    preset: "ms",
    help: "unit of times that are numbers",
    commands: reading,
  },
  {
    name: "batch-size",
    value: { kind: "integer", label: "N", min: 1, max: 1024 },
    repeats: false,
    preset: "1024",
    help: "events in one batch, 1 to 1024; changes no result",
    commands: ["replay"],
  },
  {
    name: "seed",
    value: { kind: "integer", label: "N", min: 0, max: 0xffffffff },
    repeats: false,
    help: "cut batches at random sizes; changes no result",
    commands: ["replay"],
  },
  {
    name: "workers",
    value: { kind: "integer", label: "N", min: 1, max: 16 },
    repeats: false,
    preset: "1",
    help: "threads that may share the work, 1 to 16; changes no result",
    commands: ["replay"],
  },
  {
    name: "backend",
    value: choice("BACKEND", backendNames),
    repeats: false,
    preset: defaultBackend,
    help: "what evaluates predicates; changes no result",
    commands: [...streaming, "profile", "backtest"],
  },
  {
    name: "reject",
    value: path("FILE"),
    repeats: false,
    help: "keep lines that are no events there, with the reason",
    commands: [...streaming, "record"],
  },
  {
    name: "log-level",
    value: choice("LEVEL", ["error", "warn", "info", "debug"]),
    repeats: false,
    preset: "warn",
    help: "how much to say on standard error",
    commands: [...withSchema, ...recording, "inspect", "doctor"],
  },
  ...explainFlags,
  ...logFlags,
];

/** The flags of one command, in the order of the table. */
export function flagsOf(command: CommandName): readonly FlagEntry[] {
  return flagTable.filter((flag) => flag.commands.includes(command));
}
