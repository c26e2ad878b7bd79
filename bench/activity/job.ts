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
  | { readonly kind: "json-parse"; readonly set: StreamSet }
  | {
      /** `ingest`: files to alerts. `batches`: decoded batches to alerts. */
      readonly kind: "ingest" | "batches";
      readonly set: StreamSet;
      readonly rules: RuleChoice;
      readonly backend: BackendName;
    }
  | { readonly kind: "load"; readonly rules: RuleChoice }
  | { readonly kind: "memory"; readonly stream: Stream; readonly rules: RuleChoice };

export interface JobResult {
  /** ms for each stream; empty where a job measures none. */
  readonly times: Readonly<Record<string, number>>;
  /** What `load` (s) and `memory` (MB) measure; else 0. */
  readonly figure: number;
  /** Rules that were loaded. */
  readonly rules: number;
}
