/** The source `proc`. */
import { existsSync } from "node:fs";
import type { MakeEvents } from "../counted-events.ts";
import { DrainedSource } from "../drained-source.ts";
import type { SourceOffer } from "../source.ts";
import { execFields, offeredFields, processFields } from "./offered-fields.ts";
import { ProcessPoll, type ProcessPollOptions } from "./process-poll.ts";

export interface ProcessPollSourceOptions extends ProcessPollOptions {
  readonly makeEvents: MakeEvents;
}

/** What looking at /proc would give on this machine. */
export function offerProcessPoll(): SourceOffer {
  const available = existsSync("/proc/self/stat");
  const why = available ? "/proc is there" : "/proc/self/stat is missing";
  const mend = available ? null : "mount -t proc proc /proc";
  return {
    source: "proc",
    available,
    capabilities: [{ name: "proc-files", available, why, mend }],
    actions: ["already_running", "exec", "end"],
    fields: offeredFields({ already_running: execFields, exec: execFields, end: processFields }),
  };
}

/** Takes a first look. Throws a SourceError where there is no /proc. */
export function openProcessPoll(options: ProcessPollSourceOptions): DrainedSource {
  return new DrainedSource("proc", new ProcessPoll(options), options.makeEvents);
}
