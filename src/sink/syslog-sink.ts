/** Alerts to a syslog server in RFC 5424's form, over UDP (RFC 5426) or TCP (octet counting, RFC 6587). */
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { hostname } from "node:os";
import type { Alert } from "../alert/alert.ts";
import { formatIso } from "../base/time.ts";
import type { AlertFormat, Sink } from "./contract.ts";
import { type DeliveryOptions, openDeliveryQueue } from "./delivery-queue.ts";

export interface SyslogSinkOptions extends Omit<DeliveryOptions, "deliver" | "onClose"> {
  readonly protocol: "udp" | "tcp";
  readonly host: string;
  readonly port: number;
}

/** `security/authorization (private)` of RFC 5424's table of facilities. */
const facility = 10;
/** Severities of RFC 5424 by those of rules; `notice` for another one. */
const severities: Readonly<Record<string, number>> = {
  critical: 2,
  high: 3,
  medium: 4,
  low: 5,
  informational: 6,
};
const notice = 5;

/** Bytes of text that go into a datagram beside the header; IPv4 carries 65,507. */
const datagramBytes = 60_000;

/** Throws what the file system says where the spool folder can't be used. */
export function openSyslogSink(options: SyslogSinkOptions): Sink {
  const host = hostname();
  const format: AlertFormat = (alert) => {
    const text = options.format(alert);
    const isTooLong = options.protocol === "udp" && Buffer.byteLength(text) > datagramBytes;
    return syslogMessage(alert, isTooLong ? shortText(alert) : text, host);
  };
  if (options.protocol === "udp") {
    return openDeliveryQueue({
      ...options,
      format,
      deliver: (records) => sendAll(options, records),
    });
  }
  const stream = new SyslogStream(options);
  return openDeliveryQueue({
    ...options,
    format,
    deliver: (records, signal) => stream.send(records, signal),
    onClose: () => stream.close(),
  });
}

/** One message; `text` has no line end in it. `host` has at most 255 printable ASCII characters. */
export function syslogMessage(alert: Alert, text: string, host: string): string {
  const priority = facility * 8 + (severities[alert.rule.severity] ?? notice);
  const time = formatIso(alert.timeNs).replace(/(\.\d{6})\d*Z$/, "$1Z");
  return `<${priority}>1 ${time} ${host} kestrel ${process.pid} alert - ${text.trimEnd()}`;
}

/** What an alert comes to that is too long for a datagram: its id leads to the whole of it elsewhere. */
function shortText({ id, rule }: Alert): string {
  const { id: ruleId, name, severity } = rule;
  return JSON.stringify({
    event: { kind: "alert", id },
    rule: { id: ruleId, name },
    kestrel: { rule: { severity }, shortened: true },
  });
}

/** Datagrams are on their way when the system has taken them; nobody says whether they arrive. */
async function sendAll(options: SyslogSinkOptions, records: readonly string[]): Promise<void> {
  const socket = createSocket(options.host.includes(":") ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(options.port, options.host, resolve);
    });
    for (const record of records) {
      await new Promise<void>((resolve, reject) => {
        socket.send(record, (error) => (error === null ? resolve() : reject(error)));
      });
    }
  } finally {
    socket.close();
  }
}

/** A connection that is made when it is needed, and anew after a failure. */
class SyslogStream {
  readonly #options: SyslogSinkOptions;
  #socket: Socket | null = null;

  constructor(options: SyslogSinkOptions) {
    this.#options = options;
  }

  /** Resolves when the system has taken all; what the connection then loses is not known. */
  async send(records: readonly string[], signal: AbortSignal): Promise<void> {
    const frames = records.map((record) => `${Buffer.byteLength(record)} ${record}`);
    const socket = this.#socket ?? (await this.#connect(signal));
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        this.close();
        reject(error);
      };
      const abort = (): void => fail(new Error("it took too long"));
      signal.addEventListener("abort", abort, { once: true });
      socket.write(frames.join(""), (error) => {
        signal.removeEventListener("abort", abort);
        if (error == null) resolve();
        else fail(error);
      });
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #connect(signal: AbortSignal): Promise<Socket> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, signal });
      socket.on("error", reject);
      // Whatever the server says is read, so that its end of the connection is seen.
      socket.resume();
      socket.on("close", () => {
        if (this.#socket === socket) this.#socket = null;
      });
      socket.on("connect", () => {
        this.#socket = socket;
        resolve(socket);
      });
    });
  }
}
