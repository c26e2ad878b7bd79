/** Puts records of one event together. Events may be interleaved, and end late or without an end. */
import type { Limits } from "../../base/limits.ts";
import type { AuditRecord } from "./record.ts";

/** The records of one event, in the order in which they came. */
export interface AuditEvent {
  readonly timeNs: bigint;
  readonly serial: number;
  readonly records: readonly AuditRecord[];
}

interface OpenEvent extends AuditEvent {
  readonly records: AuditRecord[];
}

/** An event that nothing was added to for so long, by the records' time, is complete. */
const patienceNs = 2_000_000_000n;
/** Events that are closed and may still be followed by a late record. */
const closedLimit = 1024;
/** Types of records that come alone: what programs report. */
const alone =
  /^(USER|CRED|DAEMON|ADD|DEL|GRP|ROLE|CRYPTO|VIRT|SERVICE|SYSTEM|ACCT|CHGRP|CHUSER|RESP|USYS|TEST|TRUSTED|DEV|SOFTWARE)(_|$)|^ANOM_(?!PROMISCUOUS|LINK|CREAT)/;

export class AuditAssembler {
  readonly #limits: Limits;
  readonly #open = new Map<string, OpenEvent>();
  readonly #closed = new Set<string>();
  #newestNs = 0n;
  #rejected = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Records that belong to no event any more, or are too many for one. */
  get rejected(): number {
    return this.#rejected;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes a record; the events that are complete now. */
  add(record: AuditRecord): AuditEvent[] {
    const { timeNs, serial, type } = record;
    if (alone.test(type)) return [{ timeNs, serial, records: [record] }];
    const key = `${record.node ?? ""} ${timeNs} ${serial}`;
    if (this.#closed.has(key)) {
      if (type !== "EOE") this.#rejected += 1;
      return [];
    }
    if (timeNs > this.#newestNs) this.#newestNs = timeNs;
    const completed = this.#closeOld();
    if (type === "EOE") {
      completed.push(...this.#close(key));
      return completed;
    }
    const event = this.#open.get(key) ?? this.#begin(key, record, completed);
    if (event.records.length < this.#limits.auditRecords) event.records.push(record);
    else this.#rejected += 1;
    return completed;
  }

  /** Time has passed, ns since the epoch: the events that are complete by now. */
  advance(nowNs: bigint): AuditEvent[] {
    if (nowNs > this.#newestNs) this.#newestNs = nowNs;
    return this.#closeOld();
  }

  /** All that is left. */
  end(): AuditEvent[] {
    return [...this.#open.keys()].flatMap((key) => this.#close(key));
  }

  #begin(key: string, { timeNs, serial }: AuditRecord, completed: AuditEvent[]): OpenEvent {
    if (this.#open.size >= this.#limits.auditEvents) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) completed.push(...this.#close(oldest));
    }
    const event = { timeNs, serial, records: [] };
    this.#open.set(key, event);
    return event;
  }

  /** They are in the order in which they were begun, which is nearly that of their times. */
  #closeOld(): AuditEvent[] {
    const completed: AuditEvent[] = [];
    for (const [key, event] of this.#open) {
      if (event.timeNs + patienceNs > this.#newestNs) break;
      completed.push(...this.#close(key));
    }
    return completed;
  }

  #close(key: string): AuditEvent[] {
    const event = this.#open.get(key);
    this.#open.delete(key);
    if (this.#closed.size >= closedLimit) {
      const [oldest] = this.#closed;
      if (oldest !== undefined) this.#closed.delete(oldest);
    }
    this.#closed.add(key);
    return event === undefined ? [] : [event];
  }
}
