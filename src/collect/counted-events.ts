/** Counts what goes from a sensor through the maker of its events, and keeps the lines till they are taken. */
import type { PiecedEvent } from "../event/pieced-event.ts";
import type { Activity, LostActivity } from "./host/activity.ts";
import type { SourceCounters, SourceItem } from "./source.ts";

/** An activity, and members with a comma in front that its event holds besides. */
export interface ExtendedActivity {
  readonly kind: "extended";
  readonly activity: Activity;
  readonly members: string;
}

/** An event that is made already, as JSON text. */
export interface ReadyEvent {
  readonly kind: "ready";
  readonly json: string;
}

/** What a sensor tells. */
export type Seen = Activity | LostActivity | ExtendedActivity | ReadyEvent;

/** Makes events of activities, as HostEvents does; they go where its `emit` says. */
export interface EventMaker {
  /** Tells what runs already; called once the sensor is attached. */
  seed(): void;
  accept(activity: Activity | LostActivity): void;
  close(): void;
  /** Activities that it left out because they are outside the scope; only grows. */
  readonly outside?: number;
}

/** Makes the maker of a source's events. */
export type MakeEvents = (emit: (event: string | PiecedEvent) => void) => EventMaker;

export class CountedEvents {
  readonly counters: SourceCounters = {
    received: 0,
    dropped: 0,
    filteredInKernel: 0,
    gaps: 0,
    filteredByScope: 0,
    rejected: 0,
  };
  readonly #maker: EventMaker;
  #items: SourceItem[] = [];
  /** What is made of now is a loss and no event. */
  #losing = false;

  constructor(makeEvents: MakeEvents) {
    this.#maker = makeEvents((event) => this.#keep(event));
  }

  /** Items that were not taken yet. */
  get waiting(): number {
    return this.#items.length;
  }

  /** Activities that no event was made of because they are outside the scope. */
  get outside(): number {
    return this.#maker.outside ?? 0;
  }

  seed(): void {
    this.#maker.seed();
  }

  accept(seen: Seen): void {
    switch (seen.kind) {
      case "ready":
        return this.#keep(seen.json);
      case "extended":
        return this.#extend(seen.activity, seen.members);
      case "lost":
        return this.#lose(seen);
      default:
        return this.#maker.accept(seen);
    }
  }

  /** Nothing before `timeNs` will come any more. */
  beat(timeNs: bigint): void {
    this.#items.push({ kind: "heartbeat", timeNs });
  }

  take(): readonly SourceItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  close(): void {
    this.#maker.close();
  }

  /** The event of an activity is the last that is made of it; before it there may be snapshots. */
  #extend(activity: Activity, members: string): void {
    const before = this.#items.length;
    this.#maker.accept(activity);
    const last = this.#items.length - 1;
    const item = this.#items[last];
    if (item === undefined || last < before) return;
    if (typeof item !== "string" && item.kind !== "pieces") return;
    const text = typeof item === "string" ? item : item.text();
    this.#items[last] = `${text.slice(0, -1)}${members}}`;
  }

  #lose(lost: LostActivity): void {
    this.counters.gaps += 1;
    this.counters.dropped += lost.count;
    this.counters.received += lost.count;
    this.#losing = true;
    this.#maker.accept(lost);
    this.#losing = false;
  }

  #keep(event: string | PiecedEvent): void {
    if (!this.#losing) this.counters.received += 1;
    this.#items.push(event);
  }
}
