/** Partial matches: what has matched so far, owned as text and numbers, never as string ids. */
import type { FieldId } from "../schema/type.ts";
import type { Captures, MatchedStep, SequenceEvent } from "./contract.ts";

/** Estimated bytes of an object beside its texts. */
export const objectBytes = 96;

/** A matched event. */
export interface Hit {
  readonly order: number;
  readonly timeNs: bigint;
  readonly json: string;
  /** Estimated bytes that it holds. */
  readonly bytes: number;
}

/** The events of one step (several for runs) and what came before; shared, never changed. */
export interface Link {
  readonly step: number;
  readonly hits: readonly Hit[];
  readonly previous: Link | null;
}

/** An immutable partial match; a step makes a longer one that shares its events. */
export interface PartialMatch {
  readonly link: Link;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly lastOrder: number;
  /** By step; for a step with runs those of its last event. */
  readonly captures: StepCaptures;
  /** The last leading missing event's time (A6: L), or null. */
  readonly leadingNs: bigint | null;
  /** Whether a missing event lies between two of its events: it moves on but never fires. */
  readonly doomed: boolean;
  readonly bytes: number;
}

export type StepCaptures = readonly (Captures | null)[];

/** What one step adds to a partial match. */
export interface Addition {
  readonly step: number;
  readonly hits: readonly Hit[];
  readonly captures: StepCaptures;
  readonly leadingNs: bigint | null;
  readonly doomed: boolean;
}

/** Makes hits; an event's text is made once however many rules and keys keep it. */
export class HitReader {
  #latest: Hit | null = null;
  /** By number of steps: the latest partial match of one event that captures nothing. */
  readonly #openings: (PartialMatch | undefined)[] = [];

  read(event: SequenceEvent): Hit {
    if (this.#latest?.order === event.order) return this.#latest;
    const json = event.evidence();
    const bytes = objectBytes + json.length * 2;
    this.#latest = { order: event.order, timeNs: event.timeNs, json, bytes };
    return this.#latest;
  }

  /** A partial match of the event alone; `captures` are `noCaptures`. Rules and keys share it. */
  open(event: SequenceEvent, step: number, captures: StepCaptures): PartialMatch {
    const known = this.#openings[captures.length];
    if (known !== undefined && known.lastOrder === event.order && known.link.step === step) {
      return known;
    }
    const hits = [this.read(event)];
    const opening = extend(null, { step, hits, captures, leadingNs: null, doomed: false });
    this.#openings[captures.length] = opening;
    return opening;
  }
}

const emptyCaptures: StepCaptures[] = [];

/** The captures of `steps` steps of which none has any; the same list each time. */
export function noCaptures(steps: number): StepCaptures {
  while (emptyCaptures.length <= steps) {
    emptyCaptures.push(new Array<null>(emptyCaptures.length).fill(null));
  }
  return emptyCaptures[steps]!;
}

/** `previous` with one more step; a new partial match where it is null. */
export function extend(previous: PartialMatch | null, addition: Addition): PartialMatch {
  const { step, hits, captures } = addition;
  const last = hits[hits.length - 1]!;
  const added = captures === previous?.captures ? 0 : captureBytes(captures[step] ?? null);
  let bytes = (previous?.bytes ?? 0) + objectBytes + added;
  for (const hit of hits) bytes += hit.bytes;
  return {
    link: { step, hits, previous: previous?.link ?? null },
    firstNs: previous?.firstNs ?? hits[0]!.timeNs,
    lastNs: last.timeNs,
    lastOrder: last.order,
    captures,
    leadingNs: previous === null ? addition.leadingNs : previous.leadingNs,
    doomed: addition.doomed || previous?.doomed === true,
    bytes,
  };
}

/** `earlier` with the captures of `event` at `step`; `earlier` itself if the step has none. */
export function capture(
  earlier: StepCaptures,
  step: number,
  fields: readonly FieldId[],
  event: SequenceEvent,
): StepCaptures {
  if (fields.length === 0) return earlier;
  const captures = [...earlier];
  captures[step] = event.capture(fields);
  return captures;
}

/** The matched events by step, in order. */
export function hitsByStep(partial: PartialMatch): ReadonlyMap<number, readonly Hit[]> {
  const newestFirst = new Map<number, (readonly Hit[])[]>();
  for (let link: Link | null = partial.link; link !== null; link = link.previous) {
    const lists = newestFirst.get(link.step);
    if (lists === undefined) newestFirst.set(link.step, [link.hits]);
    else lists.push(link.hits);
  }
  return new Map([...newestFirst].map(([step, lists]) => [step, lists.reverse().flat()]));
}

export function matchedStep(step: number, hit: Hit | null): MatchedStep {
  if (hit === null) return { step, event: null };
  return { step, event: { order: hit.order, timeNs: hit.timeNs, json: hit.json } };
}

export function captureBytes(captures: Captures | null): number {
  if (captures === null) return 0;
  let bytes = objectBytes;
  for (const values of captures.values()) {
    for (const value of values) bytes += 16 + (typeof value === "string" ? value.length * 2 : 0);
  }
  return bytes;
}
