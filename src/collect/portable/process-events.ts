/** The source `procevents`. */

import type { MakeEvents } from "../counted-events.ts";
import { DrainedSource } from "../drained-source.ts";
import type { SourceOffer } from "../source.ts";
import { execFields, offeredFields, processFields } from "./offered-fields.ts";
import {
  ProcessConnector,
  type ProcessConnectorOptions,
  probeProcessConnector,
} from "./process-connector.ts";

export interface ProcessEventsOptions extends ProcessConnectorOptions {
  readonly makeEvents: MakeEvents;
}

/** What the process connector would give on this machine. */
export function offerProcessEvents(): SourceOffer {
  const capability = probeProcessConnector();
  const fields = offeredFields({
    already_running: execFields,
    exec: execFields,
    fork: processFields,
    end: [...processFields, "process.end", "process.uptime", "process.exit_code"],
    uid_change: [...processFields, "user.id", "user.effective.id", "user.Ext.real.id"],
    gid_change: [...processFields, "group.id", "group.Ext.real.id"],
    session_id_change: processFields,
    title_change: [...processFields, "process.title"],
    ptrace: [...processFields, "process.Ext.ptrace.child_pid"],
    coredump: processFields,
  });
  return {
    source: "procevents",
    available: capability.available,
    capabilities: [capability],
    actions: [...fields.keys()],
    fields,
  };
}

/** Starts to listen. Throws a SourceError where the kernel refuses. */
export function openProcessEvents(options: ProcessEventsOptions): DrainedSource {
  return new DrainedSource("procevents", new ProcessConnector(options), options.makeEvents);
}
