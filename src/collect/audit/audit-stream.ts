/**
 * The kernel's audit records by multicast (AUDIT_NLGRP_READLOG), beside auditd if there is one. This only
 * listens: auditing is a switch for the whole system, and is turned on and given its rules by auditctl(8).
 */
import { wallNs } from "../../base/clock.ts";
import type { Limits } from "../../base/limits.ts";
import type { Seen } from "../counted-events.ts";
import type { Accept, DrainResult, Sensor } from "../drained-source.ts";
import type { HostFacts } from "../host/host-facts.ts";
import {
  bootNs,
  callError,
  closeDescriptor,
  DatagramReader,
  errorName,
  growReceiveBuffer,
  isEmpty,
  openNetlink,
} from "../linux/libc.ts";
import { readStat } from "../linux/process-files.ts";
import { coversAllProcesses, coversProcess, type Scope } from "../scope.ts";
import { type Capability, SourceError } from "../source.ts";
import { AuditReader } from "./audit-reader.ts";
import { recordTypeName } from "./record-type-table.ts";

export interface AuditStreamOptions {
  readonly scope: Scope;
  readonly limits: Limits;
  readonly host: HostFacts;
  readonly receiveBufferBytes: number;
  /** Values of `event.category` that events of the records have: of these something may be lost. */
  readonly categories: readonly string[];
}

/** `NETLINK_AUDIT` of include/uapi/linux/netlink.h. */
const netlinkAudit = 9;
/** MAX_AUDIT_MESSAGE_LENGTH of include/uapi/linux/audit.h, with the header. */
const messageBytes = 9216;
const slots = 64;
const roundsPerDrain = 32;

export class AuditStream implements Sensor {
  readonly intervalMs = 20;
  readonly horizonMs = 3000;
  readonly #scope: Scope;
  readonly #fd: number;
  readonly #messages: DatagramReader = new DatagramReader(slots, messageBytes);
  readonly #reader: AuditReader;
  readonly #categories: readonly string[];
  /** From time since the epoch to time since boot. */
  readonly #offsetNs: bigint;
  #lastNs: bigint;
  #filtered = 0;
  #closed = false;

  /** Starts to listen. Throws a SourceError where the kernel refuses. */
  constructor(options: AuditStreamOptions) {
    const { limits, host, scope } = options;
    this.#scope = scope;
    this.#categories = options.categories;
    this.#fd = openAudit();
    growReceiveBuffer(this.#fd, options.receiveBufferBytes);
    this.#lastNs = bootNs();
    this.#offsetNs = wallNs() - this.#lastNs;
    this.#reader = new AuditReader({
      limits,
      host,
      offsetNs: this.#offsetNs,
      startOf: (pid) => (coversProcess(scope, pid) ? (readStat(pid)?.startNs ?? null) : null),
    });
  }

  get filtered(): number {
    return this.#filtered;
  }

  get rejected(): number {
    return this.#reader.rejected;
  }

  drain(accept: Accept): DrainResult {
    if (this.#closed) return "ended";
    for (let round = 0; round < roundsPerDrain; round++) {
      const count = this.#messages.receive(this.#fd);
      if (count < 0 && errorName(count) === "ENOBUFS") {
        this.#lose(accept);
        continue;
      }
      if (count < 0 && !isEmpty(count)) {
        const cause = callError("recvmmsg", count);
        throw new SourceError("audit", "audit-multicast", cause.message, cause);
      }
      for (let slot = 0; slot < count; slot++) this.#take(slot, accept);
      if (count < slots) {
        this.#tell(this.#reader.advance(wallNs()), accept);
        this.#lastNs = bootNs();
        return "empty";
      }
    }
    return "more";
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeDescriptor(this.#fd);
  }

  /** A netlink header, whose type is that of the record, and its text. */
  #take(slot: number, accept: Accept): void {
    const bytes = this.#messages.datagram(slot);
    if (this.#messages.senderPort(slot) !== 0 || bytes.length < 16) {
      this.#reader.reject();
      return;
    }
    const text = bytes.toString("utf8", 16).replace(/[\0\n]+$/, "");
    const line = `type=${recordTypeName(bytes.readUInt16LE(4))} msg=${text}`;
    this.#tell(this.#reader.read(line), accept);
  }

  /** Records are of the whole system. Those of processes outside of the scope are not handed on. */
  #tell(seen: readonly Seen[], accept: Accept): void {
    for (const it of seen) {
      const pid =
        it.kind === "extended" ? it.activity.actor.pid : "actor" in it ? it.actor.pid : null;
      const isCovered =
        pid === null ? coversAllProcesses(this.#scope) : coversProcess(this.#scope, pid);
      if (isCovered) accept(it);
      else this.#filtered += 1;
    }
  }

  #lose(accept: Accept): void {
    const toNs = bootNs();
    // How many is not told: one at least.
    const categories = this.#categories;
    accept({ kind: "lost", fromNs: this.#lastNs, toNs, count: 1, cpu: null, categories });
    this.#lastNs = toNs;
  }
}

/** Group 1 is AUDIT_NLGRP_READLOG. Throws a SourceError. */
function openAudit(): number {
  try {
    return openNetlink(netlinkAudit);
  } catch (error) {
    throw new SourceError("audit", "audit-multicast", (error as Error).message, error);
  }
}

/** Whether the kernel's audit records may be listened to; nothing is switched on. */
export function probeAuditStream(): Capability {
  const name = "audit-multicast";
  try {
    closeDescriptor(openAudit());
    const why = "the multicast group can be joined; records come while auditing is switched on";
    return { name, available: true, why, mend: null };
  } catch (error) {
    const mend = "run with CAP_AUDIT_READ on a kernel with CONFIG_AUDIT";
    return { name, available: false, why: (error as Error).message, mend };
  }
}
