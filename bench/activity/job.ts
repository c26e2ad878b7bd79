/** What is measured in a process of its own, and what that process reports. */
import type { BackendName } from "../../src/predicate/contract.ts";
import type { Stream, StreamSet } from "../stream/stream.ts";

/** Rules to load: all of the paths, or a part of them that the seed chooses. */
export interface RuleChoice {
  readonly paths: readonly string[];
  /** `0 <= share <= 1`; of a share above 0 at least one rule is taken. */
  readonly share: number;
  readonly seed: number;
}

export type Job =
  | {
      /** `log-write`: JSON lines to a binary log beside each file, which `log-replay` reads. */
      readonly kind: "json-parse" | "log-write";
      readonly set: StreamSet;
    }
  | {
      /** `ingest`: files to alerts, `shared`: by two threads, `log-replay`: logs to alerts. `batches`: decoded batches to alerts. */
      readonly kind: "ingest" | "shared" | "log-replay" | "batches";
      readonly set: StreamSet;
      readonly rules: RuleChoice;
      readonly backend: BackendName;
    }
  | { readonly kind: "load"; readonly rules: RuleChoice }
  | { readonly kind: "memory"; readonly stream: Stream; readonly rules: RuleChoice };

/** Bytes of a stream as a binary log, and as JSON lines packed by gzip. */
export interface Packed {
  readonly log: number;
  readonly gzip: number;
}

export interface JobResult {
  /** ms for each stream; empty where a job measures none. */
  readonly times: Readonly<Record<string, number>>;
  /** What `load` (s) and `memory` (MB) measure; else 0. */
  readonly figure: number;
  /** Rules that were loaded. */
  readonly rules: number;
  /** What `log-write` wrote, by stream. */
  readonly packed?: Readonly<Record<string, Packed>>;
}
