/** From lines of an audit log to what a source tells. */
import type { Limits } from "../../base/limits.ts";
import type { Seen } from "../counted-events.ts";
import type { HostFacts } from "../host/host-facts.ts";
import { AuditAssembler, type AuditEvent } from "./assembler.ts";
import { AuditActivities, type AuditActivitiesOptions } from "./audit-activities.ts";
import { parseAuditRecord } from "./record.ts";
import { UserEvents } from "./user-events.ts";

export interface AuditReaderOptions extends AuditActivitiesOptions {
  readonly limits: Limits;
  readonly host: HostFacts;
}

export class AuditReader {
  readonly #assembler: AuditAssembler;
  readonly #activities: AuditActivities;
  readonly #users: UserEvents;
  #malformed = 0;

  constructor(options: AuditReaderOptions) {
    this.#assembler = new AuditAssembler(options.limits);
    this.#activities = new AuditActivities(options);
    this.#users = new UserEvents(options.host);
  }

  /** Lines that are no records, and records that came too late or were too many. */
  get rejected(): number {
    return this.#malformed + this.#assembler.rejected;
  }

  /** A line that could not even be read as text. */
  reject(): void {
    this.#malformed += 1;
  }

  /** What is complete with this line. Never throws. */
  read(line: string): Seen[] {
    const record = parseAuditRecord(line);
    if (record === null) {
      this.#malformed += 1;
      return [];
    }
    return this.#describe(this.#assembler.add(record));
  }

  /** Time has passed, ns since the epoch: what is complete by now. */
  advance(nowNs: bigint): Seen[] {
    return this.#describe(this.#assembler.advance(nowNs));
  }

  /** All that is left. */
  end(): Seen[] {
    return this.#describe(this.#assembler.end());
  }

  #describe(events: readonly AuditEvent[]): Seen[] {
    return events.flatMap((event) => {
      const done = this.#activities.describe(event);
      const reported = event.records
        .map((record) => this.#users.describe(record))
        .filter((json) => json !== null)
        .map((json): Seen => ({ kind: "ready", json }));
      return done === null ? reported : [done, ...reported];
    });
  }
}
