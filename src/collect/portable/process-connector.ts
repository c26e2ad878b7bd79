/**
 * The kernel's process connector: forks, execs, exits and changes of ids of the whole host, without
 * arguments. What else an event needs is read from /proc at once; of a process that is gone by then
 * it stays unknown. Nothing but the control group is read of a process outside the scope.
 */
import { existsSync, readFileSync } from "node:fs";
import { monotonicNs } from "../../base/clock.ts";
import type { Accept, DrainResult, Sensor } from "../drained-source.ts";
import { whyInsideNamespace } from "../linux/first-namespaces.ts";
import {
  type CallError,
  callError,
  closeDescriptor,
  DatagramReader,
  errorName,
  growReceiveBuffer,
  isEmpty,
  openNetlink,
  sendBytes,
  suspendedNs,
} from "../linux/libc.ts";
import type { Scope } from "../scope.ts";
import { type Capability, SourceError } from "../source.ts";
import { ConnectorActivities } from "./connector-activities.ts";
import {
  type ConnectorEvent,
  connectorMessageBytes,
  connectorRequest,
  netlinkConnector,
  readConnectorMessage,
} from "./connector-message.ts";
import { type KnownProcess, KnownProcesses } from "./known-processes.ts";
import { SequenceCheck } from "./sequence-check.ts";

export interface ProcessConnectorOptions {
  readonly scope: Scope;
  /** Names of environment variables that may be read. */
  readonly environmentNames: ReadonlySet<string>;
  /** How many processes are remembered. */
  readonly processes: number;
  /** Of the socket; a machine of 50,000 events a second fills 16 MiB in a second. */
  readonly receiveBufferBytes: number;
}

const slots = 256;
/** Calls of recvmmsg in one drain. */
const roundsPerDrain = 16;

/** How long the machine has slept is asked for again once a second or so. */
const drainsPerClock = 200;

export class ProcessConnector implements Sensor {
  readonly intervalMs = 5;
  readonly horizonMs = 20;
  /** The size that the socket's buffer has, as the kernel counts. */
  readonly receiveBufferBytes: number;
  readonly #fd: number;
  readonly #reader: DatagramReader = new DatagramReader(slots, connectorMessageBytes);
  readonly #activities: ConnectorActivities;
  readonly #known: KnownProcesses;
  readonly #check: SequenceCheck;
  #suspendedNs: bigint;
  #drains = 0;
  #filtered = 0;
  #rejected = 0;
  #closed = false;

  /** Starts to listen. Throws a SourceError where the kernel refuses. */
  constructor(options: ProcessConnectorOptions) {
    this.#activities = new ConnectorActivities(options.environmentNames);
    this.#fd = openConnector();
    this.receiveBufferBytes = growReceiveBuffer(this.#fd, options.receiveBufferBytes);
    this.#suspendedNs = suspendedNs();
    this.#check = new SequenceCheck(["process"], this.#nowNs());
    const sent = sendBytes(this.#fd, connectorRequest("listen"));
    if (sent < 0) {
      closeDescriptor(this.#fd);
      throw refusal(callError("send", sent));
    }
    this.#known = new KnownProcesses(options.scope, options.processes);
    this.#known.seed();
  }

  get filtered(): number {
    return this.#filtered;
  }

  get rejected(): number {
    return this.#rejected;
  }

  drain(accept: Accept): DrainResult {
    if (this.#closed) return "ended";
    this.#drains += 1;
    if (this.#drains % drainsPerClock === 0) this.#suspendedNs = suspendedNs();
    for (let round = 0; round < roundsPerDrain; round++) {
      const count = this.#reader.receive(this.#fd);
      if (count < 0) {
        if (errorName(count) === "ENOBUFS") {
          this.#check.overrun();
          continue;
        }
        if (!isEmpty(count)) throw refusal(callError("recvmmsg", count));
        this.#settle(accept);
        return "empty";
      }
      for (let slot = 0; slot < count; slot++) this.#take(slot, accept);
      if (count < slots) {
        this.#settle(accept);
        return "empty";
      }
    }
    return "more";
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    sendBytes(this.#fd, connectorRequest("ignore"));
    closeDescriptor(this.#fd);
  }

  #nowNs(): bigint {
    return monotonicNs() + this.#suspendedNs;
  }

  #settle(accept: Accept): void {
    const lost = this.#check.settle(this.#nowNs());
    if (lost !== null) accept(lost);
  }

  #take(slot: number, accept: Accept): void {
    const event = readConnectorMessage(this.#reader.datagram(slot));
    // Only the kernel is believed, and it sends from port 0.
    if (this.#reader.senderPort(slot) !== 0) {
      this.#rejected += 1;
      return;
    }
    // An acknowledgement.
    if (event === null) return;
    const timeNs = event.timeNs + this.#suspendedNs;
    const lost = this.#check.check(event.cpu, event.sequence, timeNs);
    if (lost !== null) accept(lost);
    this.#tell(event, timeNs, accept);
  }

  #tell(event: ConnectorEvent, timeNs: bigint, accept: Accept): void {
    if (!concernsProcess(event)) return;
    const process = this.#processOf(event);
    const child =
      event.kind === "fork" ? this.#known.addChild(process, event.childPid, timeNs) : null;
    if (process === null) {
      this.#filtered += 1;
    } else {
      const activity = this.#activities.describe(event, process, child, timeNs);
      if (activity !== null) accept(activity);
    }
    if (event.kind === "exit") this.#known.forget(event.pid);
  }

  #processOf(event: ConnectorEvent): KnownProcess | null {
    if (event.kind === "exec") return this.#known.findAtExec(event.pid);
    return this.#known.find(event.kind === "ptrace" ? event.tracerPid : event.pid);
  }
}

/** Threads come and go and have names as well; and of tracers that let go nothing is told. */
function concernsProcess(event: ConnectorEvent): boolean {
  switch (event.kind) {
    case "other":
      return false;
    case "fork":
      return event.childThread === event.childPid;
    case "comm":
    case "exit":
      return event.thread === event.pid;
    case "ptrace":
      return event.tracerPid !== 0;
    default:
      return true;
  }
}

/** Group 1 is the connector's (CN_IDX_PROC). Throws a SourceError. */
function openConnector(): number {
  // Who asks from another is not answered at all (drivers/connector/cn_proc.c).
  const why = whyInsideNamespace();
  if (why !== null) throw new SourceError("procevents", "process-connector", why);
  try {
    return openNetlink(netlinkConnector);
  } catch (error) {
    throw refusal(error as CallError);
  }
}

function refusal(cause: CallError): SourceError {
  return new SourceError("procevents", "process-connector", cause.message, cause);
}

/** What the system answers if the connector is asked to be listened to; nothing is begun. */
export function probeProcessConnector(): Capability {
  const name = "process-connector";
  try {
    closeDescriptor(openConnector());
  } catch (error) {
    const why = (error as Error).message;
    const mend = "run as root in the first pid namespace of a kernel with CONFIG_PROC_EVENTS";
    return { name, available: false, why, mend };
  }
  const hasEvents = existsSync("/proc/net/connector")
    ? readFileSync("/proc/net/connector", "utf8").includes("cn_proc")
    : false;
  return hasEvents
    ? { name, available: true, why: "the socket opens, the kernel has cn_proc", mend: null }
    : { name, available: false, why: "the kernel has no cn_proc", mend: "CONFIG_PROC_EVENTS=y" };
}
