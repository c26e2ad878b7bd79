/** An alert: which rule matched which events, with everything needed to understand it later. */

export type Confidence = "certain" | "degraded";

/** One step of a match; `event` is null for a missing-event step. */
export interface MatchStep {
  /** 0-based over the query's steps, missing ones included; a step with runs repeats. */
  readonly step: number;
  /** The source event as JSON text on one line, as it came in. */
  readonly event: string | null;
  /** The event's time in the stream, ns since the epoch; missing where the event is null. */
  readonly timeNs?: bigint;
}

/** The rule's part of an alert; one object per rule, shared by its alerts. */
export interface AlertRule {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly severity: string;
  readonly riskScore: number | null;
  readonly author: readonly string[];
  readonly tags: readonly string[];
  readonly references: readonly string[];
  readonly threat: readonly {
    readonly framework: string;
    readonly tactic: { readonly id: string; readonly name: string } | null;
    readonly techniques: readonly { readonly id: string; readonly name: string }[];
  }[];
  readonly actions: readonly {
    readonly action: string;
    readonly field: string | null;
    readonly state: number | null;
  }[];
}

/** A process of the tree that the alert shows, nearest ancestor first. */
export interface AlertProcess {
  readonly entityId: string;
  readonly pid: number | null;
  readonly name: string | null;
  readonly executable: string | null;
  readonly commandLine: string | null;
}

export interface Alert {
  /** SHA-256 of rule id, path, version and the matched events, lower-case hex. */
  readonly id: string;
  readonly rule: AlertRule;
  /** The moment at which the match was decided, ns since the epoch. */
  readonly timeNs: bigint;
  readonly kind: "event" | "sequence" | "sample";
  readonly match: readonly MatchStep[];
  /** Values of the join keys, as text; null where an optional key had none. */
  readonly keys: readonly (string | null)[];
  readonly confidence: Confidence;
  /** Why the confidence is degraded: `gap`, `evicted`; empty when it is certain. */
  readonly reasons: readonly string[];
  readonly ancestry: readonly AlertProcess[];
  /** File name of a log with what happened around it, where one is kept; no part of its id or of the digest. */
  readonly slice?: string;
}

/** What produced an alert; the same for all alerts of a run. */
export interface Provenance {
  readonly engineVersion: string;
  readonly schemaVersion: string;
  /** SHA-256 over the loaded rules' ids, paths and content hashes. */
  readonly rulePackHash: string;
}
