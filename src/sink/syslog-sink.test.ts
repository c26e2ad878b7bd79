import assert from "node:assert/strict";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { sampleAlert, testSinkContract } from "./contract.suite.ts";
import type { AlertFormat, Sink } from "./contract.ts";
import { openSyslogSink, type SyslogSinkOptions } from "./syslog-sink.ts";

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

const host = "127.0.0.1";

function open(port: number, more: Partial<SyslogSinkOptions> = {}): Sink {
  return openSyslogSink({
    protocol: "tcp",
    host,
    port,
    format: (alert) => `${alert.id}\n`,
    queueBytes: 0x1000000,
    seed: 1,
    flushMs: 10_000,
    backoffMs: [5, 20],
    ...more,
  });
}

let stream = Buffer.alloc(0);
const accepted: Set<Socket> = new Set();
const server: Server = createServer((socket) => {
  accepted.add(socket);
  socket.on("data", (bytes: Buffer) => {
    stream = Buffer.concat([stream, bytes]);
  });
  socket.on("close", () => accepted.delete(socket));
});
await new Promise<void>((resolve) => server.listen(0, host, resolve));
const port = (server.address() as AddressInfo).port;
closing.push(() => {
  server.close();
  for (const socket of accepted) socket.destroy();
});

/** The messages of a stream of counted octets. */
function messages(bytes: Buffer): string[] {
  const all: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const blank = bytes.indexOf(0x20, at);
    const size = Number(bytes.toString("latin1", at, blank));
    all.push(bytes.toString("utf8", blank + 1, blank + 1 + size));
    at = blank + 1 + size;
  }
  return all;
}

/** The port of a server that ended: nobody listens there. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, host, resolve));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return free;
}
const nobody = await freePort();

/** The texts after the header, as the suite expects them; waits for what is still on its way. */
async function readTexts(): Promise<string> {
  let size = -1;
  while (size !== stream.length) {
    size = stream.length;
    await delay(50);
  }
  return messages(stream)
    .map((message) => `${message.replace(/^<\d+>1 \S+ \S+ kestrel \d+ alert - /, "")}\n`)
    .join("");
}

testSinkContract({
  name: "syslog sink over TCP",
  open(format: AlertFormat) {
    stream = Buffer.alloc(0);
    return { sink: open(port, { format }), read: readTexts };
  },
  openBroken: (format) => open(nobody, { format, flushMs: 20, closeMs: 20 }),
});

test("a message has the form of RFC 5424, with the severity of the rule", async () => {
  stream = Buffer.alloc(0);
  const sink = open(port);
  const alert = sampleAlert("é");
  const timeNs = 1_772_442_107_682_429_934n;
  sink.write({ ...alert, timeNs, rule: { ...alert.rule, severity: "critical" } });
  await sink.close();
  await readTexts();
  const [message] = messages(stream);
  assert.match(message!, /^<82>1 2026-03-02T09:01:47\.682429Z \S+ kestrel \d+ alert - é$/);
});

test("after the server has shut the connection a new one is made", async () => {
  stream = Buffer.alloc(0);
  const sink = open(port);
  sink.write(sampleAlert("a"));
  await sink.flush();
  await readTexts();
  for (const socket of accepted) socket.destroy();
  await delay(50);
  sink.write(sampleAlert("b"));
  await sink.close();
  assert.equal(await readTexts(), "a\nb\n");
});

test("over UDP each message is a datagram, and one that is too long is shortened", async () => {
  const receiver: DatagramSocket = createSocket("udp4");
  closing.push(() => receiver.close());
  const got: string[] = [];
  receiver.on("message", (bytes) => got.push(String(bytes)));
  await new Promise<void>((resolve) => receiver.bind(0, host, resolve));
  const sink = open(receiver.address().port, {
    protocol: "udp",
    format: ({ id }) => (id === "long" ? "x".repeat(70_000) : id),
  });
  sink.write(sampleAlert("short"));
  sink.write(sampleAlert("long"));
  await sink.close();
  while (got.length < 2) await delay(10);
  assert.match(got[0]!, /^<85>1 .* - short$/);
  assert.match(got[1]!, /"id":"long".*"shortened":true/);
  assert.equal(sink.counters.written, 2);
});
