/**
 * The one table of flags; the commands are in command-table.ts. The parser, `--help` and the shell completions come from it
 * (parser.ts, completion-script.ts).
 */
import { backendNames, defaultBackend } from "../agent/backends.ts";
import { defaultTop } from "../agent/profile.ts";
import { controlFlags } from "./control-flag-table.ts";
import { explainFlags } from "./explain-flag-table.ts";
import { liveFlags } from "./live-flag-table.ts";
import { logFlags } from "./log-flag-table.ts";
import { sinkFlags } from "./sink-flag-table.ts";
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
  | "status"
  | "top"
  | "ctl"
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
  ...liveFlags,
  {
    name: "rules",
    value: path("DIR"),
    repeats: true,
    preset: "./rules",
    help: "folder or file of rules, read recursively; repeats",
    commands: [...withRules, "doctor"],
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
    commands: [...withSchema, ...recording, "inspect", "doctor", "status", "top", "ctl"],
  },
  ...explainFlags,
  ...controlFlags,
  ...sinkFlags,
  ...logFlags,
];

/** The flags of one command, in the order of the table. */
export function flagsOf(command: CommandName): readonly FlagEntry[] {
  return flagTable.filter((flag) => flag.commands.includes(command));
}
