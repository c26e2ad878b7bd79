/** Which partial matches came nearest: candidates for their next step, how they ended, and a bounded list. */
import type { Gap } from "../event/batch.ts";
import type { LivePartial } from "../sequence/observer.ts";
import type { FailedConjunct, MissReason, NearMiss } from "./explanation.ts";
import type { ConjunctVerdict } from "./row-verdicts.ts";
import type { EventFacts } from "./step-evidence.ts";

/** An event that came near to a step. */
export interface Candidate {
  readonly step: number;
  readonly order: number;
  readonly timeNs: bigint;
  /** Conjuncts of the step that hold. */
  readonly score: number;
  readonly failed: FailedConjunct;
  readonly isResidual: boolean;
}

/** An event that a step's own condition holds for. */
export interface StepHit {
  readonly order: number;
  readonly timeNs: bigint;
  readonly key: readonly (string | null)[];
}

/** How near it came; compared member by member, the larger the nearer. */
type Nearness = readonly [reached: number, taken: number, score: number, order: number];

/** What is kept of a partial match that has ended. */
export interface Ended extends Pick<NearMiss, "steps" | "key" | "reached" | "runs"> {
  readonly live: LivePartial;
  readonly candidate: Candidate | null;
  /** An event that met all of the next step but the key. */
  readonly otherKey: StepHit | null;
  readonly gap: Gap | null;
}

/** The nearest misses, at most `top`. */
export class NearMissList {
  readonly #top: number;
  readonly #kept: { readonly nearness: Nearness; readonly miss: NearMiss }[] = [];

  constructor(top: number) {
    this.#top = top;
  }

  get misses(): readonly NearMiss[] {
    return this.#kept.map(({ miss }) => miss);
  }

  /** Whether a miss as near as this would be kept. */
  wants(nearness: Nearness): boolean {
    const last = this.#kept[this.#top - 1];
    return last === undefined || compareNearness(nearness, last.nearness) > 0;
  }

  add(nearness: Nearness, miss: NearMiss): void {
    if (!this.wants(nearness)) return;
    const at = this.#kept.findIndex((kept) => compareNearness(nearness, kept.nearness) > 0);
    this.#kept.splice(at === -1 ? this.#kept.length : at, 0, { nearness, miss });
    if (this.#kept.length > this.#top) this.#kept.pop();
  }
}

function compareNearness(a: Nearness, b: Nearness): number {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** By step and key: the best candidates, each better than all that came after it. */
export class Candidates {
  readonly #lists: Map<string, Candidate[]> = new Map();

  add(key: string, candidate: Candidate): void {
    const place = `${candidate.step} ${key}`;
    const list = this.#lists.get(place) ?? [];
    while (list.length > 0 && list[list.length - 1]!.score <= candidate.score) list.pop();
    list.push(candidate);
    this.#lists.set(place, list);
  }

  /** The best after the event `order`; of equally good ones the newest. */
  best(step: number, key: string, order: number): Candidate | null {
    const list = this.#lists.get(`${step} ${key}`) ?? [];
    return list.find((candidate) => candidate.order > order) ?? null;
  }

  get size(): number {
    return this.#lists.size;
  }

  /** Forgets the keys for which `isHeld` is false. */
  sweep(isHeld: (key: string) => boolean): void {
    for (const place of this.#lists.keys()) {
      if (!isHeld(place.slice(place.indexOf(" ") + 1))) this.#lists.delete(place);
    }
  }
}

/** Why an ended partial match did not go on, where only events of the next step can tell. */
export function reasonOf(ended: Ended, conjuncts: number, atEnd: boolean): MissReason {
  const { candidate, otherKey, gap, live } = ended;
  const step = live.next;
  if (live.partial.doomed) return { kind: "missing", time: "" };
  const isNear = candidate !== null && candidate.score >= conjuncts - 1;
  if (otherKey !== null && !isNear) return { kind: "key", step, key: otherKey.key };
  if (candidate !== null) return { kind: candidate.isResidual ? "residual" : "conjunct", step };
  if (gap !== null) return { kind: "gap", step, lost: gap.lost };
  return { kind: atEnd ? "end" : "no-event", step };
}

/** The near miss, and how near it is. */
export function missOf(ended: Ended, by: MissReason, conjuncts: number): [Nearness, NearMiss] {
  const { reached, runs, steps, key, candidate, live } = ended;
  const isWhole = by.kind === "maxspan" || by.kind === "missing" || by.kind === "key";
  const score = isWhole ? conjuncts : (candidate?.score ?? 0);
  const showsCandidate = by.kind !== "maxspan" && by.kind !== "key" && by.kind !== "missing";
  const failed = showsCandidate ? (candidate?.failed ?? null) : null;
  const nearness: Nearness = [reached, runs?.taken ?? 0, score, live.partial.lastOrder];
  return [nearness, { reached, ...(runs === undefined ? {} : { runs }), steps, key, failed, by }];
}

/** What failed of a step's conjuncts: the first one that does not hold. */
export function failedOf(verdicts: readonly ConjunctVerdict[], event: EventFacts): FailedConjunct {
  const failed = verdicts.find(({ holds }) => !holds) ?? verdicts[0]!;
  const { conjunct, role, span, values, operator, parts } = failed;
  const seen = Object.values(values);
  const value = seen.length === 1 ? seen[0] : seen.length === 0 ? null : values;
  const tree = operator === undefined || parts === undefined ? {} : { operator, parts };
  return { conjunct, role, span, value, values, ...tree, ...event, conjuncts: verdicts };
}
