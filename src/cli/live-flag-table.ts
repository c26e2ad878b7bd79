/** The flags of the commands that read live sources. */
import { defaultSlicesPath } from "../agent/flight/slice-file.ts";
import { sourceForms } from "../agent/source-spec.ts";
import { hashedContents } from "../agent/sources.ts";
import { maxUid } from "../collect/scope.ts";
import type { CommandName, FlagEntry } from "./flags.ts";

const live: readonly CommandName[] = ["run", "record"];

export const liveFlags: readonly FlagEntry[] = [
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
    value: { kind: "path", label: "PATH" },
    repeats: false,
    help: "folder of a control group: only its processes are watched",
    commands: live,
  },
  {
    name: "uid",
    value: { kind: "integer", label: "UID", min: 0, max: maxUid },
    repeats: false,
    help: "real user id: only the processes of this user are watched",
    commands: live,
  },
  {
    name: "path-prefix",
    value: { kind: "path", label: "DIR" },
    repeats: true,
    help: "of file events only those of files below this folder; repeats",
    commands: live,
  },
  {
    name: "config",
    value: { kind: "path", label: "FILE" },
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
    name: "hash",
    value: { kind: "choice", label: "WHAT", choices: hashedContents },
    repeats: false,
    help: "hash programs that run, or files in file events too, beside the events; later events have the hashes",
    commands: live,
  },
  {
    name: "flight-recorder",
    value: { kind: "text", label: "SIZE" },
    repeats: false,
    help: "keep the last events in so much memory (64MB), and write a small log around each alert",
    commands: ["run"],
  },
  {
    name: "flight-slices",
    value: { kind: "path", label: "DIR" },
    repeats: false,
    preset: defaultSlicesPath,
    help: "folder of the logs around alerts",
    commands: ["run"],
  },
  {
    name: "no-ebpf",
    value: null,
    repeats: false,
    help: "let `auto` take a source without eBPF",
    commands: live,
  },
];
