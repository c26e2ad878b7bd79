/** Alerts to a web server: batches of JSON lines by POST. */
import { X509Certificate } from "node:crypto";
import { Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { gzipSync } from "node:zlib";
import type { Sink } from "./contract.ts";
import { type DeliveryOptions, openDeliveryQueue, RefusedError } from "./delivery-queue.ts";

export interface HttpSinkOptions extends Omit<DeliveryOptions, "deliver" | "onClose"> {
  /** `http:` or `https:`; certificates are checked, also for the name or address in the URL. */
  readonly url: URL;
  /** Certificates of authorities (PEM) that are trusted in place of those that Node trusts. */
  readonly authorities?: string | undefined;
  /** Sent with each request, such as a token. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether bodies are compressed with gzip. */
  readonly isCompressed?: boolean | undefined;
}

/** Answers that another attempt may change: timeouts, too many requests, and all 5xx. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** Throws where the authorities are no certificates, and what the file system says where the spool folder can't be used. */
export function openHttpSink(options: HttpSinkOptions): Sink {
  const { authorities } = options;
  // An empty list would mean Node's own, without a word.
  if (authorities !== undefined) new X509Certificate(authorities);
  const reuse = { keepAlive: true, maxSockets: 1 };
  const trust = authorities === undefined ? {} : { ca: authorities };
  const agent =
    options.url.protocol === "https:"
      ? new SecureAgent({ ...reuse, ...trust })
      : new PlainAgent(reuse);
  return openDeliveryQueue({
    ...options,
    deliver: (records, signal) => post(options, agent, records.join(""), signal),
    onClose: () => agent.destroy(),
  });
}

function post(
  options: HttpSinkOptions,
  agent: PlainAgent,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const { url, headers, isCompressed } = options;
  const body = isCompressed === true ? gzipSync(text) : Buffer.from(text);
  const send = url.protocol === "https:" ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: "POST",
      agent,
      signal,
      headers: {
        "content-type": "application/x-ndjson",
        "content-length": body.length,
        ...(isCompressed === true ? { "content-encoding": "gzip" } : {}),
        ...headers,
      },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      response.resume();
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0 } = response;
        if (status >= 200 && status < 300) resolve();
        else if (status >= 500 || passing.has(status)) reject(new Error(`status ${status}`));
        else reject(new RefusedError(`status ${status}`));
      });
    });
    request.end(body);
  });
}

/** Headers from lines `Name: value`; blank lines and such that begin with # are left out. */
export function parseHeaders(text: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (found === null) throw new Error("a line is no header of the form Name: value");
    headers[found[1]!.toLowerCase()] = found[2]!;
  }
  return headers;
}
