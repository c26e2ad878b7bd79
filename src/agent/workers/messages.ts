/** What the threads of a replay tell one another. All of it is plain data and shared memory. */
import type { Alert } from "../../alert/alert.ts";
import type { Limits } from "../../base/limits.ts";
import type { TimeUnit } from "../../base/time.ts";
import type { EngineCounters } from "../../engine/engine.ts";
import type { Gap } from "../../event/batch.ts";
import type { BatchExtents } from "../../event/batch-writer.ts";
import type { Rejection } from "../../event/decode.ts";
import type { BatchLayout } from "../../event/layout.ts";
import type { TextsPart } from "../../event/text-mirror.ts";
import type { BackendName } from "../../predicate/contract.ts";
import type { RuleSet } from "../../rule/rule-set.ts";
import type { Field } from "../../schema/type.ts";
import type { RingMemory } from "./batch-ring.ts";

/** A schema without its methods. */
export interface PlainSchema {
  readonly version: string;
  readonly fields: readonly Field[];
}

/** What the thread that reads and scans lines begins with. */
export interface ScannerSetup {
  readonly inputs: readonly string[];
  readonly schema: PlainSchema;
  readonly layout: BatchLayout;
  readonly limits: Limits;
  readonly timestampField: string | undefined;
  readonly timestampUnit: TimeUnit | undefined;
  readonly batchSize: number | undefined;
  readonly seed: number | undefined;
  /** Whether rejected lines are wanted with their text. */
  readonly keepsRejects: boolean;
  readonly ring: RingMemory;
  /** Engines that read each batch. */
  readonly readers: number;
}

/** A batch whose columns lie in a slot of the ring, and what was met on the way. */
export interface Parcel {
  readonly kind: "parcel";
  readonly slot: number;
  /** Rows; 0 where a block of lines held no event. */
  readonly count: number;
  readonly used: Uint8Array;
  readonly gaps: ReadonlyMap<number, Gap>;
  readonly extents: BatchExtents;
  /** The lines of the rows; where each begins and ends stands in the slot. */
  readonly lines: SharedArrayBuffer;
  readonly texts: TextsPart;
  readonly rejections: readonly RejectedLine[];
  /** Inputs that broke off. */
  readonly broken: readonly { readonly message: string; readonly input: string }[];
  /** Of the scanner, up to the end of this batch. */
  readonly evaluated: number;
  readonly dropped: number;
  /** Bytes and lines that were read, at the end of a block of lines; else null. */
  readonly progress: { readonly totalBytes: number; readonly records: number } | null;
}

export interface RejectedLine {
  readonly rejection: Rejection;
  readonly line: string | null;
  readonly input: string;
}

export type ScannerMessage =
  | Parcel
  /** All inputs are read. */
  | { readonly kind: "end" }
  /** An event is older than one before it. */
  | { readonly kind: "disorder" }
  /** An input can't be read at all. */
  | { readonly kind: "unreadable"; readonly message: string };

/** What a further engine begins with. */
export interface EngineSetup {
  /** Its share of the rules; the schema's methods are missing. */
  readonly rules: Omit<RuleSet, "schema"> & { readonly schema: PlainSchema };
  readonly backend: BackendName;
  readonly limits: Limits;
  readonly engineVersion: string;
  readonly ring: RingMemory;
}

export type EngineOrder = Parcel | { readonly kind: "finish" };

/** An alert on its way to be merged; `rule` counts in the engine's own share until then. */
export interface ReleasedAlert {
  readonly alert: Alert;
  readonly rule: number;
  readonly order: number;
}

export type EngineMessage =
  /** What one parcel made certain, in its order; one message a parcel. */
  | { readonly kind: "released"; readonly alerts: readonly ReleasedAlert[] }
  /** What was still waiting at the end. */
  | {
      readonly kind: "finished";
      readonly alerts: readonly ReleasedAlert[];
      readonly counters: EngineCounters;
    };
