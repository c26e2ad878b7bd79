/** The part of the table of flags (flags.ts) that is about where alerts go. */
import type { FlagEntry } from "./flags.ts";

const run: FlagEntry["commands"] = ["run"];

export const sinkFlags: readonly FlagEntry[] = [
  {
    name: "sink",
    value: { kind: "text", label: "SINK" },
    repeats: true,
    preset: "stdout",
    help: "where alerts go: stdout, file:PATH, syslog[:[udp|tcp://]HOST[:PORT]], http://... or https://...; repeats",
    commands: run,
  },
  {
    name: "sink-file-size",
    value: { kind: "number", label: "MIB", min: 0.001 },
    repeats: false,
    preset: "64",
    help: "size at which a file of alerts is set aside",
    commands: run,
  },
  {
    name: "sink-file-count",
    value: { kind: "integer", label: "N", min: 0, max: 1000 },
    repeats: false,
    preset: "5",
    help: "files of alerts that are kept beside the one that is written",
    commands: run,
  },
  {
    name: "sink-fsync",
    value: null,
    repeats: false,
    help: "wait for the disk whenever alerts are written to a file",
    commands: run,
  },
  {
    name: "sink-spool",
    value: { kind: "path", label: "DIR" },
    repeats: false,
    help: "keep alerts there that a receiver over the network has not taken, also over a restart",
    commands: run,
  },
  {
    name: "sink-headers",
    value: { kind: "path", label: "FILE" },
    repeats: false,
    preset: "the environment's KESTREL_SINK_HEADERS",
    help: "lines `Name: value` that are sent with each HTTP request, such as a token",
    commands: run,
  },
  {
    name: "sink-ca",
    value: { kind: "path", label: "FILE" },
    repeats: false,
    help: "certificates (PEM) of authorities that https receivers are checked against, in place of Node's own",
    commands: run,
  },
  {
    name: "sink-gzip",
    value: null,
    repeats: false,
    help: "compress what goes over HTTP",
    commands: run,
  },
];
