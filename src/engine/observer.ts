/** Who wants to see how an engine comes to its alerts; nobody does while detecting. */
import type { Alert } from "../alert/alert.ts";
import type { Batch, Gap } from "../event/batch.ts";
import type { Evaluator } from "../predicate/contract.ts";
import type { LivePartial, SequenceObserver } from "../sequence/observer.ts";
import type { DecidedAlert } from "./alert-builder.ts";
import type { RowEvent } from "./row-event.ts";

/** What an observer can ask at any time. */
export interface ObservedEngine {
  readonly evaluator: Evaluator;
  /** Partial matches of a rule at the moment; none for event rules and samples. */
  live(rule: number): readonly LivePartial[];
  /** Whether a sequence or sample remembers something for the key with that id. */
  holdsKey(rule: number, key: string): boolean;
}

/** Told of one engine's run, in its order. */
export interface EngineObserver extends SequenceObserver {
  begin(engine: ObservedEngine): void;
  /** Time is about to reach `timeNs`: nothing has expired on its account yet. */
  reaches(timeNs: bigint): void;
  /** An event, before the rules see it; the evaluator has answered all lineage of `batch`. */
  event(event: RowEvent, batch: Batch): void;
  gap(gap: Gap): void;
  /** An alert was made, which has no id yet; it may still be suppressed. */
  decided(alert: DecidedAlert): void;
  /** One of them went out: the same object, with its id. */
  raised(alert: Alert): void;
  /** A batch is to be evaluated: answers about the one before are void. */
  evaluated(): void;
  finished(): void;
}
