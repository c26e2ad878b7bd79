/** The part of the table of commands and flags (flags.ts) that is about logs. */
import { logDefaults, syncPolicies } from "../agent/log-output.ts";
import type { CommandEntry, CommandName, FlagEntry } from "./flags.ts";

export const logCommands: readonly CommandEntry[] = [
  {
    name: "record",
    summary: "write a source into a log",
    description:
      "Follows a growing file (or standard input until it ends) and writes its events into a binary log, in order and without running rules. Ctrl-C ends it cleanly. A log that exists is continued.",
    operands: [],
    examples: [
      "kestrel record --source jsonl:/var/log/events.jsonl --out host.klog",
      "producer | kestrel record --source - --out host.klog --for 60",
      "kestrel record --source jsonl:events.jsonl --out logs/host.klog --segment-size 64 --retain 1024 --redact redact.yaml",
    ],
  },
  {
    name: "convert",
    summary: "write recordings in another form",
    description:
      "Writes logs or JSON lines, sorted by time, as a log, JSON lines or Parquet: the extension of the output says which.",
    operands: [
      {
        name: "FILES",
        required: true,
        rest: true,
        help: "what to read, and last what to write: .klog, .jsonl, .jsonl.gz or .parquet",
      },
    ],
    examples: [
      "kestrel convert events.jsonl.gz events.klog",
      "kestrel convert host.klog host.jsonl --from 2026-03-02T09:00:00Z",
      "kestrel convert a.klog b.klog both.parquet",
    ],
  },
  {
    name: "inspect",
    summary: "check and print logs",
    description:
      "Checks all of a log and prints what it holds. With --events, or a slice, it prints events as JSON lines instead. Exits with 1 when something is damaged.",
    operands: [
      { name: "LOGS", required: true, rest: true, help: "logs (.klog) or folders of logs" },
    ],
    examples: [
      "kestrel inspect host.klog --format json",
      "kestrel inspect host.klog --category process --from 2026-03-02T09:00:00Z",
      "kestrel inspect logs --events",
    ],
  },
];

const writing: readonly CommandName[] = ["run", "record"];
const keeping: readonly CommandName[] = [...writing, "convert"];
const slicing: readonly CommandName[] = ["replay", "convert", "inspect"];

export const logFlags: readonly FlagEntry[] = [
  {
    name: "out",
    value: { kind: "path", label: "FILE.klog" },
    repeats: false,
    help: "the log to write; it is continued where it exists",
    commands: ["record"],
  },
  {
    name: "record",
    value: { kind: "path", label: "FILE.klog" },
    repeats: false,
    help: "write a log of all events, before rules see them",
    commands: ["run"],
  },
  {
    name: "redact",
    value: { kind: "path", label: "FILE" },
    repeats: false,
    help: "YAML list of fields and patterns that are replaced before anything is written",
    commands: keeping,
  },
  {
    name: "fsync",
    value: { kind: "choice", label: "POLICY", choices: syncPolicies },
    repeats: false,
    preset: "block; interval for convert",
    help: "when to wait for the disk: after each block, once a second, or never",
    commands: keeping,
  },
  {
    name: "acks",
    value: null,
    repeats: false,
    help: "print a JSON line for each block that is on the disk",
    commands: ["record"],
  },
  {
    name: "block-seconds",
    value: { kind: "number", label: "SECONDS", min: 0 },
    repeats: false,
    preset: String(logDefaults.blockSeconds),
    help: "how long an event waits for its block at most",
    commands: writing,
  },
  {
    name: "segment-size",
    value: { kind: "number", label: "MIB", min: 0 },
    repeats: false,
    preset: `${logDefaults.segmentBytes / 0x100000}; none for convert`,
    help: "begin another file before one is larger",
    commands: keeping,
  },
  {
    name: "segment-seconds",
    value: { kind: "number", label: "SECONDS", min: 0 },
    repeats: false,
    preset: String(logDefaults.segmentSeconds),
    help: "begin another file after that time",
    commands: writing,
  },
  {
    name: "retain",
    value: { kind: "number", label: "MIB", min: 0 },
    repeats: false,
    help: "remove the oldest files of the log when all have more; nothing is removed unless given",
    commands: writing,
  },
  {
    name: "from",
    value: { kind: "text", label: "TIME" },
    repeats: false,
    help: "only events from this time on, in ISO 8601",
    commands: slicing,
  },
  {
    name: "to",
    value: { kind: "text", label: "TIME" },
    repeats: false,
    help: "only events up to this time, in ISO 8601",
    commands: slicing,
  },
  {
    name: "speed",
    value: { kind: "text", label: "FACTOR" },
    repeats: false,
    help: "1x: as fast as the events came once, 10x: ten times as fast; as fast as possible unless given",
    commands: ["replay"],
  },
  {
    name: "compare",
    value: { kind: "path", label: "OTHER" },
    repeats: false,
    help: "replay this as well, and fail with exit code 3 unless both have the same alerts",
    commands: ["replay"],
  },
  {
    name: "format",
    value: { kind: "choice", label: "FORMAT", choices: ["text", "json"] },
    repeats: false,
    preset: "text on a terminal, else json",
    help: "form of the report",
    commands: ["record", "convert", "inspect"],
  },
  {
    name: "events",
    value: null,
    repeats: false,
    help: "print events as JSON lines",
    commands: ["inspect"],
  },
  {
    name: "category",
    value: { kind: "text", label: "NAME" },
    repeats: false,
    help: "print events of this event.category",
    commands: ["inspect"],
  },
  {
    name: "entity",
    value: { kind: "text", label: "ID" },
    repeats: false,
    help: "print events of this process.entity_id",
    commands: ["inspect"],
  },
];
