/** The members `source`, `destination`, `network` and `dns` of events. */
import type { DnsActivity, NetworkActivity } from "./activity.ts";
import { BoundedMap } from "./bounded-map.ts";
import { type DnsMessage, parseDnsMessage } from "./dns-message.ts";
import { listMember, numberMember, objectMember, quote, textMember } from "./json-text.ts";

/** `event.outcome`. */
export type Outcome = "success" | "failure" | "unknown";

export const networkActions: Readonly<Record<NetworkActivity["change"], string>> = {
  connect: "connection_attempted",
  accept: "connection_accepted",
  bind: "bind",
  listen: "listen",
  disconnect: "disconnect_received",
};

export const dnsActions: Readonly<Record<DnsActivity["change"], string>> = {
  request: "lookup_requested",
  response: "lookup_result",
};

const inProgress = -115;

/** What an event has beside its process. */
export interface NetworkMembers {
  readonly outcome: Outcome | null;
  readonly text: string;
}

/** Remembers which names addresses were resolved from, and who began the connections that are open. */
export class NetworkTexts {
  readonly #namesByAddress: BoundedMap<string, string>;
  /** Connections that came in, by their four parts. */
  readonly #accepted: BoundedMap<string, true>;

  /** `names` and `connections` are how many of them are remembered. */
  constructor(names: number, connections: number) {
    this.#namesByAddress = new BoundedMap(names);
    this.#accepted = new BoundedMap(connections);
  }

  /** The members of an activity on a connection. */
  network(activity: NetworkActivity): NetworkMembers {
    const { family, transport, result, unixPath } = activity;
    const { source, destination, direction } = this.#ends(activity);
    const bytes =
      activity.bytesSent === null && activity.bytesReceived === null
        ? null
        : (activity.bytesSent ?? 0n) + (activity.bytesReceived ?? 0n);
    const network =
      textMember("direction", direction) +
      textMember("type", family) +
      textMember("transport", transport === "other" || family === "unix" ? null : transport) +
      numberMember("bytes", bytes);
    return {
      outcome: result === 0 ? "success" : result === inProgress ? "unknown" : "failure",
      text:
        objectMember("source", endMembers(source)) +
        objectMember(
          "destination",
          family === "unix" ? textMember("address", unixPath) : this.#destination(destination),
        ) +
        objectMember("network", network),
    };
  }

  /** The members of a DNS message; `message` is null where it can't be read. */
  dns(activity: DnsActivity): NetworkMembers {
    const message = parseDnsMessage(activity.message);
    if (message !== null) this.#learn(message);
    const { serverAddress, serverPort } = activity;
    const server = endMembers({ address: serverAddress, port: serverPort });
    const network = textMember("direction", "egress") + textMember("type", typeOf(serverAddress));
    return {
      outcome: message?.isResponse === true ? responseOutcome(message) : null,
      text:
        objectMember("destination", server) +
        objectMember("network", network) +
        (message === null ? "" : dnsMember(message)),
    };
  }

  #learn({ questionName, isResponse, addresses }: DnsMessage): void {
    if (!isResponse || questionName === null || questionName === "") return;
    for (const address of addresses) this.#namesByAddress.set(address, questionName);
  }

  #destination(end: End): string {
    const domain = end.address === null ? undefined : this.#namesByAddress.get(end.address);
    return endMembers(end) + textMember("domain", domain ?? null);
  }

  /** Who sent to whom: the source is the side that began. */
  #ends(activity: NetworkActivity): Ends {
    const local: End = { address: activity.localAddress, port: activity.localPort };
    const remote: End = { address: activity.remoteAddress, port: activity.remotePort };
    const key = `${local.address} ${local.port} ${remote.address} ${remote.port}`;
    switch (activity.change) {
      case "connect":
        this.#accepted.delete(key);
        return { source: local, destination: remote, direction: "egress" };
      case "accept":
        if (activity.result >= 0) this.#accepted.set(key, true);
        return { source: remote, destination: local, direction: "ingress" };
      case "bind":
      case "listen":
        return { source: nowhere, destination: local, direction: "ingress" };
      case "disconnect":
        return this.#accepted.delete(key)
          ? { source: remote, destination: local, direction: "ingress" }
          : { source: local, destination: remote, direction: "egress" };
    }
  }
}

interface End {
  readonly address: string | null;
  readonly port: number | null;
}

interface Ends {
  readonly source: End;
  readonly destination: End;
  readonly direction: string;
}

const nowhere: End = { address: null, port: null };

function endMembers({ address, port }: End): string {
  return textMember("ip", address) + numberMember("port", port) + textMember("address", address);
}

function typeOf(address: string | null): string | null {
  if (address === null) return null;
  return address.includes(":") ? "ipv6" : "ipv4";
}

function responseOutcome({ responseCode }: DnsMessage): Outcome {
  return responseCode === "NOERROR" ? "success" : "failure";
}

function dnsMember(message: DnsMessage): string {
  const question =
    textMember("name", message.questionName) + textMember("type", message.questionType);
  const answers = message.answers.map(({ name, type, data, ttlSeconds }) => {
    const rest = textMember("data", data) + numberMember("ttl", ttlSeconds);
    return `{"name":${quote(name)},"type":${quote(type)}${rest}}`;
  });
  return objectMember(
    "dns",
    objectMember("question", question) +
      listMember("resolved_ip", message.addresses) +
      textMember("response_code", message.responseCode) +
      (answers.length === 0 ? "" : `,"answers":[${answers.join(",")}]`),
  );
}
