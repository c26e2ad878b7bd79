/** The contract of live sources: what they can supply, what they give, what they count. */
import type { PiecedEvent } from "../event/pieced-event.ts";
import type { Interest } from "../schema/interest.ts";
import type { LineItem } from "./jsonl/line-splitter.ts";

/** Something that a machine offers or lacks, and what that means for the source that asks for it. */
export interface Capability {
  /** Stable and short, such as `bpf-tracepoints`; unique within a machine's list. */
  readonly name: string;
  readonly available: boolean;
  /** What was found; where it is missing, what the system said. */
  readonly why: string;
  /** The command or setting that mends it; null where nothing is to be mended or nothing can be done. */
  readonly mend: string | null;
}

/** What a source gives if it is opened on this machine now. Probing changes nothing that stays. */
export interface SourceOffer {
  readonly source: SourceName;
  readonly available: boolean;
  readonly capabilities: readonly Capability[];
  /** Values of `event.action` (schema/event-table.ts) that it can emit. */
  readonly actions: readonly string[];
  /** Fields (schema/field-table.ts) that it can fill, by action. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
}

export type SourceName = "ebpf" | "procevents" | "fanotify" | "audit" | "proc" | "socket" | "jsonl";

/** Counts that only grow. `received` is what the source made or was sent, lost events included. */
export interface SourceCounters {
  received: number;
  /** Lost before they were handed over; each is in a gap record. */
  dropped: number;
  /** Kept back in the kernel because no rule asks for them. */
  filteredInKernel: number;
  /** Gap records handed over. */
  gaps: number;
  /** Seen, but outside of what the source was told to look at; not in `received`. */
  filteredByScope?: number;
  /** Things that could not be read as events; not in `received`. */
  rejected?: number;
}

/** Nothing that is earlier will come from this source. */
export interface Heartbeat {
  readonly kind: "heartbeat";
  /** ns since the epoch. */
  readonly timeNs: bigint;
}

/** What a source gives: a line, what stood in the place of one, an event in pieces, or how far it has come. */
export type SourceItem = LineItem | PiecedEvent | Heartbeat;

/**
 * A source that is attached. Lines are JSON texts of events, gaps and heartbeats (event/stream-record.ts),
 * in the order in which the source saw them; at most `horizonMs` out of order by time.
 */
export interface Source {
  readonly name: SourceName;
  readonly horizonMs: number;
  readonly counters: Readonly<SourceCounters>;
  /**
   * Whether it says by heartbeats how far it has come, at least every 100 ms: then nobody needs to look at the clock
   * to know.
   */
  readonly tellsTime?: boolean;
  /**
   * Yields what came, or an empty list where nothing did, at least every 100 ms. Ends when its input
   * does, or soon after `signal` is aborted; what was collected till then is yielded first.
   */
  items(signal: AbortSignal): AsyncGenerator<readonly SourceItem[]>;
  /**
   * Other rules are about to run, which can match these events. A source that keeps back what no rule can
   * match has to have this, or it would keep back what the new rules ask for.
   */
  setInterest?(interest: Interest): void;
  /** Detaches from everything; safe to call twice. */
  close(): void;
}

/** A source could not be opened. `capability` names what is missing. */
export class SourceError extends Error {
  readonly source: SourceName;
  readonly capability: string;

  constructor(source: SourceName, capability: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SourceError";
    this.source = source;
    this.capability = capability;
  }
}
