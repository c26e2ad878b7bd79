/** Which events are given up before they are queued: what is sampled out, and what the governor sheds. */
import type { PiecedEvent } from "../event/pieced-event.ts";
import type { Governor } from "./governor.ts";
import { glanceAction, glanceCategory } from "./record-glance.ts";

/** Of events of a category (and action) one in `oneIn` is kept. */
export interface Sampling {
  readonly category: string;
  /** Null for all of the category. */
  readonly action: string | null;
  /** From 1 on. */
  readonly oneIn: number;
}

export interface SieveOptions {
  readonly sampling: readonly Sampling[];
  readonly governor: Governor | null;
}

/** Samples by counting, so that the share is exact and nothing is random. */
export class Sieve {
  readonly #sampling: readonly Sampling[];
  readonly #governor: Governor | null;
  readonly #seen: Float64Array;

  constructor(options: SieveOptions) {
    this.#sampling = options.sampling;
    this.#governor = options.governor;
    this.#seen = new Float64Array(options.sampling.length);
  }

  /** Names of what the governor sheds at the moment. */
  get shedding(): readonly string[] {
    return this.#governor?.shedding ?? [];
  }

  /** The process has used `cpuMs` of processor time by `nowMs` of a clock. */
  tick(cpuMs: number, nowMs: number): void {
    this.#governor?.tick(cpuMs, nowMs);
  }

  /** Whether the event, JSON text or pieces of it, may pass. */
  passes(event: string | PiecedEvent): boolean {
    const isShedding = this.#governor?.isShedding === true;
    if (!isShedding && this.#sampling.length === 0) return true;
    const category = glanceCategory(event);
    const action = glanceAction(event);
    if (isShedding && this.#governor?.sheds(category, action) === true) return false;
    for (const [index, sample] of this.#sampling.entries()) {
      if (sample.category !== category) continue;
      if (sample.action !== null && sample.action !== action) continue;
      const seen = this.#seen[index]!;
      this.#seen[index] = seen + 1;
      return seen % sample.oneIn === 0;
    }
    return true;
  }
}
