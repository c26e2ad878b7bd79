/** The registry of live sources: from specifications to sources that are attached. */
import { existsSync } from "node:fs";
import type { Limits } from "../base/limits.ts";
import type { BusInput } from "../bus/bus.ts";
import { JsonlSource } from "../collect/jsonl/jsonl-source.ts";
import { mountedFiles } from "../collect/linux/mounted-files.ts";
import type { ScopeRequest } from "../collect/scope.ts";
import { openSocketSource, socketOffer } from "../collect/socket/socket-source.ts";
import { type Source, SourceError, type SourceOffer } from "../collect/source.ts";
import type { Interest } from "../schema/interest.ts";
import { CommandFailure } from "./failure.ts";
import { hostSources } from "./host-sources.ts";
import { type SourceSpec, sourceSpecText } from "./source-spec.ts";

/** Whose contents may be hashed, beside the events: those of programs that run, or of files in file events as well. */
export const hashedContents = ["executables", "files"] as const;
export type HashedContents = (typeof hashedContents)[number];

/** What every source may want to know when it is opened. */
export interface SourceContext {
  readonly limits: Limits;
  /** What the loaded rules can use; null for everything. */
  readonly interest: Interest | null;
  readonly scope: ScopeRequest;
  /** What is hashed by sources that see a live host; undefined for nothing. */
  readonly hashes: HashedContents | undefined;
  readonly onNotice: (message: string) => void;
}

/** A kind of source: what it offers here, how it is opened, whether it keeps what is not pulled. */
export interface SourceKind {
  readonly offer: () => Promise<SourceOffer>;
  /** Throws a SourceError, or a CommandFailure where the specification can't work. */
  readonly open: (spec: SourceSpec, context: SourceContext) => Promise<Source>;
  readonly canWait: boolean;
}

/** A specification that says which source it means. */
type NamedSpec = Exclude<SourceSpec, { readonly kind: "auto" }>;
type KindName = NamedSpec["kind"];

const jsonl: SourceKind = {
  canWait: true,
  offer: async () => ({
    source: "jsonl",
    available: true,
    capabilities: [],
    actions: [],
    fields: new Map(),
  }),
  open: async (spec, { limits, onNotice }) => {
    const path = "path" in spec && spec.path !== null ? spec.path : "-";
    // Found out before an output is begun.
    if (path !== "-" && !existsSync(path)) {
      throw new CommandFailure(`can't read ${path}: no such file`);
    }
    return new JsonlSource(path, { limits, onNotice });
  },
};

const socket: SourceKind = {
  canWait: true,
  offer: async () => socketOffer(),
  open: async (spec, { limits }) => {
    const path = "path" in spec && spec.path !== null ? spec.path : "";
    return openSocketSource({ path, limits });
  },
};

/** Kinds of sources that this build has. */
export const sourceKinds: Readonly<Partial<Record<KindName, SourceKind>>> = {
  jsonl,
  socket,
  ...hostSources,
};

/** What has no scope: it gives what it is given. */
const unscoped: readonly KindName[] = ["jsonl", "socket"];

/** What `auto` tries, best first. */
const automatic: readonly NamedSpec[] = [
  { kind: "ebpf" },
  { kind: "procevents" },
  { kind: "proc" },
];

export interface OpenOptions extends SourceContext {
  readonly specs: readonly SourceSpec[];
  /** Whether eBPF may be used by `auto`. */
  readonly usesEbpf: boolean;
  /** Told which source `auto` took, and why not a better one. */
  readonly onChoice: (message: string) => void;
}

/** Opens all sources, or none: where one can't be opened the others are closed. Throws a CommandFailure. */
export async function openSources(options: OpenOptions): Promise<readonly BusInput[]> {
  const inputs: BusInput[] = [];
  try {
    for (const spec of options.specs) {
      const chosen = spec.kind === "auto" ? await chooseSources(options) : [spec];
      for (const one of chosen) inputs.push(await openSource(one, options));
    }
  } catch (error) {
    for (const { source } of inputs) source.close();
    if (!(error instanceof SourceError)) throw error;
    throw new CommandFailure(`source ${error.source}: ${error.message}`, undefined, error);
  }
  return inputs;
}

async function openSource(spec: NamedSpec, context: SourceContext): Promise<BusInput> {
  const kind = sourceKinds[spec.kind];
  if (kind === undefined) {
    throw new CommandFailure(`source ${spec.kind}: this build of kestrel does not have it`);
  }
  const { cgroupId, uid, folders } = context.scope;
  const isLimited = cgroupId !== null || uid !== null || folders.length > 0;
  if (isLimited && unscoped.includes(spec.kind)) {
    context.onNotice(`source ${sourceSpecText(spec)}: no control group, user or folder limits it`);
  }
  const source = await kind.open(spec, context);
  const label = spec.kind === "jsonl" ? spec.path : sourceSpecText(spec);
  return { label, source, canWait: kind.canWait };
}

/** The first of the automatic sources that works on this machine, with what adds to it. */
async function chooseSources(options: OpenOptions): Promise<readonly NamedSpec[]> {
  const passed: string[] = [];
  for (const spec of automatic) {
    const why = await whyNot(spec.kind, options);
    if (why !== null) {
      passed.push(`not ${spec.kind}: ${why}`);
      continue;
    }
    const chosen = [spec];
    // Process events tell nothing of files.
    if (spec.kind === "procevents" && (await whyNot("fanotify", options)) === null) {
      const [path, ...others] = mountedFiles();
      chosen.push({ kind: "fanotify", path, others });
    }
    const because = passed.length === 0 ? "" : ` (${passed.join("; ")})`;
    const names = chosen.map((one) => [sourceSpecText(one), ...othersOf(one)].join(", "));
    options.onChoice(`source auto: taking ${names.join(" and ")}${because}`);
    return chosen;
  }
  throw new CommandFailure(`source auto: nothing works here (${passed.join("; ")})`);
}

function othersOf(spec: NamedSpec): readonly string[] {
  return "others" in spec && spec.others !== undefined ? spec.others : [];
}

async function whyNot(name: KindName, options: OpenOptions): Promise<string | null> {
  const kind = sourceKinds[name];
  if (kind === undefined) return "this build does not have it";
  if (name === "ebpf" && !options.usesEbpf) return "switched off";
  const offer = await kind.offer();
  if (offer.available) return null;
  const missing = offer.capabilities.find(({ available }) => !available);
  return missing === undefined ? "not available" : `${missing.name}: ${missing.why}`;
}
