/** An engine whose batches another thread fills: parcels in, the alerts that they make certain out. */
import type { Alert } from "../../alert/alert.ts";
import type { Limits } from "../../base/limits.ts";
import { Engine, type EngineCounters } from "../../engine/engine.ts";
import type { LostSpan } from "../../engine/gap-log.ts";
import { TextMirror } from "../../event/text-mirror.ts";
import type { Backend } from "../../predicate/contract.ts";
import type { RuleSet } from "../../rule/rule-set.ts";
import { type RingMemory, RingReader } from "./batch-ring.ts";
import type { Parcel, ReleasedAlert } from "./messages.ts";

export interface SharedEngineOptions {
  readonly rules: RuleSet;
  readonly backend: Backend;
  readonly limits: Limits;
  readonly engineVersion: string;
  /** Where parcels lie. */
  readonly ring: RingMemory;
}

export class SharedEngine {
  readonly #engine: Engine;
  readonly #mirror: TextMirror = new TextMirror();
  readonly #reader: RingReader;
  #released: ReleasedAlert[] = [];

  constructor(options: SharedEngineOptions) {
    this.#engine = new Engine({
      ...options,
      texts: this.#mirror.texts,
      onAlert: (alert: Alert, rule, order) => this.#released.push({ alert, rule, order }),
    });
    this.#reader = new RingReader(options.ring, this.#engine.batch.layout, this.#mirror.texts);
  }

  /** Runs the parcel's batch; returns the alerts that became certain. */
  run(parcel: Parcel): readonly ReleasedAlert[] {
    const reader = this.#reader;
    this.#mirror.add(parcel.texts);
    if (parcel.count > 0) {
      reader.read(parcel, this.#engine.batch);
      this.#engine.process();
    }
    reader.release(parcel);
    return this.#take();
  }

  /** The end of input: the alerts that still waited. */
  finish(): readonly ReleasedAlert[] {
    this.#engine.finish();
    return this.#take();
  }

  get counters(): EngineCounters {
    return this.#engine.counters;
  }

  /** Every engine hears of all gaps. */
  get lostSpans(): readonly LostSpan[] {
    return this.#engine.lostSpans;
  }

  #take(): readonly ReleasedAlert[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }
}
