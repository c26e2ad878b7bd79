/** The sources that see a whole host, as the registry has them. */
import { existsSync } from "node:fs";
import { AuditLogSource } from "../collect/audit/audit-log-source.ts";
import { offerAudit, openAuditStream } from "../collect/audit/audit-source.ts";
import type { MakeEvents } from "../collect/counted-events.ts";
import { offerEbpf, openEbpf } from "../collect/ebpf/ebpf-source.ts";
import { HostEvents } from "../collect/host/host-events.ts";
import { readHostFacts } from "../collect/host/host-facts.ts";
import { environmentNames } from "../collect/host/proc-snapshot.ts";
import { offerFileWatch, openFileWatch } from "../collect/portable/file-watch-source.ts";
import { offerProcessEvents, openProcessEvents } from "../collect/portable/process-events.ts";
import { offerProcessPoll, openProcessPoll } from "../collect/portable/process-poll-source.ts";
import { coversFile, coversProcess, type Scope, scopeOf } from "../collect/scope.ts";
import { engineVersion } from "../engine/version.ts";
import { CommandFailure } from "./failure.ts";
import type { SourceContext, SourceKind } from "./sources.ts";

/** Of the process connector's socket; what a busy machine makes in a second. */
const receiveBufferBytes = 0x1000000;
const pollIntervalMs = 500;

/** Of the kernel's ring buffer: a burst of ten times a busy machine's events for a second. */
const ringBytes = 0x2000000;

const ebpf: SourceKind = {
  // The ring in the kernel keeps what is not pulled; what it has no room for is counted there, unread.
  canWait: true,
  offer: async () => offerEbpf(),
  open: async (_, context) =>
    openEbpf(
      {
        ...context.scope,
        interest: context.interest,
        environment: new Set(environmentNames),
        ringBytes,
      },
      eventsOf("ebpf", scopeIn(context), context),
    ),
};

const procevents: SourceKind = {
  canWait: false,
  offer: async () => offerProcessEvents(),
  open: async (_, context) => {
    const scope = scopeIn(context);
    return openProcessEvents({
      scope,
      environmentNames: new Set(environmentNames),
      processes: context.limits.processes,
      receiveBufferBytes,
      makeEvents: eventsOf("procevents", scope, context),
    });
  },
};

const fanotify: SourceKind = {
  canWait: false,
  offer: async () => offerFileWatch(),
  open: async (spec, context) => {
    const scope = scopeIn(context);
    return openFileWatch({
      path: "path" in spec && spec.path !== null ? spec.path : "/",
      others: "others" in spec && spec.others !== undefined ? spec.others : [],
      onRefused: (path, why) => context.onNotice(`source fanotify: not ${path}: ${why}`),
      scope,
      directories: context.limits.watchedDirectories,
      makeEvents: eventsOf("fanotify", scope, context),
    });
  },
};

const proc: SourceKind = {
  canWait: false,
  offer: async () => offerProcessPoll(),
  open: async (_, context) => {
    const scope = scopeIn(context);
    return openProcessPoll({
      scope,
      environmentNames: new Set(environmentNames),
      intervalMs: pollIntervalMs,
      makeEvents: eventsOf("proc", scope, context),
    });
  },
};

const audit: SourceKind = {
  // A log keeps what is not pulled; the kernel's queue is as long as its buffer.
  canWait: false,
  offer: async () => offerAudit(),
  open: async (spec, context) => {
    const { limits, onNotice } = context;
    const host = readHostFacts(engineVersion);
    const path = "path" in spec ? spec.path : null;
    if (path !== null) {
      if (path !== "-" && !existsSync(path))
        throw new CommandFailure(`can't read ${path}: no such file`);
      return new AuditLogSource({ path, limits, host, onNotice });
    }
    const scope = scopeIn(context);
    const makeEvents = eventsOf("audit", scope, context);
    return openAuditStream({ scope, limits, host, receiveBufferBytes, makeEvents });
  },
};

/** By the names that `--source` has for them. */
export const hostSources: Readonly<
  Record<"ebpf" | "procevents" | "fanotify" | "proc" | "audit", SourceKind>
> = {
  ebpf,
  procevents,
  fanotify,
  proc,
  audit,
};

function scopeIn(context: SourceContext): Scope {
  const scope = scopeOf(context.scope);
  if (scope === null) throw new CommandFailure("the control group is in no unified hierarchy");
  return scope;
}

/** Reads nothing of processes outside of the scope. */
function eventsOf(provider: string, scope: Scope, { limits, hashes }: SourceContext): MakeEvents {
  const host = readHostFacts(engineVersion);
  const admits = (pid: number): boolean => coversProcess(scope, pid);
  const coversPath = (path: string): boolean => coversFile(scope, path);
  const hashing = { hashExecutables: hashes !== undefined, hashFiles: hashes === "files" };
  return (emit) => new HostEvents({ emit, provider, host, admits, coversPath, limits, ...hashing });
}
