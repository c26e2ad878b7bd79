/** A live run as others see and steer it: what a control socket serves and what the program's signals do. */
import type { SourceName } from "../collect/source.ts";
import type { FlightReport } from "./flight/flight-recorder.ts";
import type { LiveSummary } from "./summary.ts";

/** What one source has given so far. */
export interface SourceStatus {
  /** The specification that it was opened with, such as `jsonl:/var/log/events.jsonl`. */
  readonly spec: string;
  readonly name: SourceName;
  /** Events that it gave, whatever became of them; lines that are no events are among them. */
  readonly received: number;
  /** Lost by the source itself, before it could give them. */
  readonly lost: number;
  /** Dropped on the bus: the queue was full, the governor shed them or they were sampled out. */
  readonly dropped: number;
  readonly filtered_in_kernel: number;
  readonly gaps: number;
  /** Events that wait to be evaluated. */
  readonly waiting: number;
  /** Whether it still gives events. */
  readonly open: boolean;
}

/** What one rule has cost so far. */
export interface RuleStatus {
  readonly id: string;
  readonly name: string;
  /** Rows for which one of its predicates had to be looked at. */
  readonly evaluations: number;
  readonly alerts: number;
  readonly suppressed: number;
  /** Partial matches that it holds; 0 for event rules. */
  readonly partials: number;
}

/** `events` = `evaluated` + `rejected` + `dropped` + `waiting`, always. */
export interface RunStatus {
  readonly events: number;
  readonly evaluated: number;
  readonly rejected: number;
  readonly dropped: number;
  /** Received, and not evaluated yet. */
  readonly waiting: number;
  readonly filtered_in_kernel: number;
  readonly gaps: number;
  readonly alerts: number;
  /** Over the last seconds, not since the start. */
  readonly events_per_second: number;
  readonly sources: readonly SourceStatus[];
  /** The rules with most evaluations, dearest first. */
  readonly rule_costs: readonly RuleStatus[];
  readonly rules: number;
  readonly rule_pack_hash: string;
  readonly engine_version: string;
  readonly schema_version: string;
  readonly uptime_seconds: number;
  readonly cpu_seconds: number;
  readonly rss_mb: number;
  /** Bytes, or entries, of what the engine holds. */
  readonly memory: Readonly<Record<string, number>>;
  /** Event to alert, ms by the wall clock; null before the first alert. */
  readonly latency_ms: { readonly p50: number | null; readonly p99: number | null };
  /** Categories that the governor sheds at the moment, least valuable first. */
  readonly shedding: readonly string[];
  readonly reloads: number;
  /** With `--flight-recorder`. */
  readonly flight_recorder?: FlightReport;
}

/** What a reload came to. */
export interface ReloadReport {
  /** Whether the new rules are in use; if not, the old ones still run. */
  readonly swapped: boolean;
  /** Why not, or what is wrong with some of the rules; one problem a line. */
  readonly problems: readonly string[];
  readonly rules: number;
  readonly rule_pack_hash: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Partial matches that the new rules took over; that were given up. */
  readonly partials_kept: number;
  readonly partials_dropped: number;
}

/** A run that is under way. */
export interface Runtime {
  status(): RunStatus;
  /** Loads and compiles the rules anew and swaps them in at a batch boundary: all or nothing. Never rejects. */
  reload(): Promise<ReloadReport>;
  /** Ends the run: what was received is evaluated first. A second call does nothing. */
  stop(): void;
  /** Resolves when the run has ended. */
  readonly ended: Promise<LiveSummary>;
}
