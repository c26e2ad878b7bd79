import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { sampleAlert, testSinkContract } from "./contract.suite.ts";
import type { AlertFormat, Sink } from "./contract.ts";
import { type HttpSinkOptions, openHttpSink, parseHeaders } from "./http-sink.ts";
import { makeCertificate, whyNoCertificates } from "./own-certificate.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-http-sink-"));
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(folder, { recursive: true });
});

const format: AlertFormat = (alert) => `${alert.id}\n`;

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** A server on loopback; the URL that it answers at. */
async function listen(answer: Answer): Promise<URL> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (bytes: Buffer) => chunks.push(bytes));
    request.on("end", () => answer(request, response, Buffer.concat(chunks)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`);
}

function open(url: URL, more: Partial<HttpSinkOptions> = {}): Sink {
  const backoffMs = [5, 20] as const;
  const base = { url, format, queueBytes: 0x1000000, seed: 1, flushMs: 10_000, backoffMs };
  return openHttpSink({ ...base, ...more });
}

let received = "";
const suiteUrl = await listen((_request, response, body) => {
  received += body.toString("utf8");
  response.end();
});
const goneUrl = await listen((_request, response) => response.destroy());

testSinkContract({
  name: "HTTP sink",
  open(suiteFormat) {
    received = "";
    return { sink: open(suiteUrl, { format: suiteFormat }), read: async () => received };
  },
  openBroken: (suiteFormat) => open(goneUrl, { format: suiteFormat, flushMs: 20, closeMs: 20 }),
});

test("a server that fails gets the same alerts again until it takes them", async () => {
  let calls = 0;
  let taken = "";
  const notices: string[] = [];
  const url = await listen((_request, response, body) => {
    calls += 1;
    if (calls === 1) response.writeHead(503).end();
    else if (calls === 2) response.writeHead(429).end();
    else if (calls === 3) response.destroy();
    else {
      taken += String(body);
      response.end();
    }
  });
  const sink = open(url, { onNotice: (message) => notices.push(message) });
  sink.write(sampleAlert("a"));
  await sink.flush();
  assert.equal(taken, "a\n");
  assert.deepEqual({ ...sink.counters }, { written: 1, lost: 0 });
  assert.deepEqual(notices, ["the receiver can't be reached: status 503", "the receiver is back"]);
  await sink.close();
});

test("what the server refuses is lost at once, and what follows is delivered", async () => {
  const url = await listen((_request, response, body) =>
    response.writeHead(String(body) === "bad\n" ? 400 : 200).end(),
  );
  const sink = open(url);
  sink.write(sampleAlert("bad"));
  await sink.flush();
  sink.write(sampleAlert("good"));
  await sink.close();
  assert.deepEqual({ ...sink.counters }, { written: 1, lost: 1 });
});

test("a server that never answers holds nobody up, and its time runs out", async () => {
  let calls = 0;
  const url = await listen(() => {
    calls += 1;
  });
  const sink = open(url, { timeoutMs: 30, flushMs: 0, closeMs: 200 });
  sink.write(sampleAlert("a"));
  await sink.flush();
  assert.equal(sink.counters.written, 0);
  await sink.close();
  assert.ok(calls >= 2, `${calls} attempts`);
  assert.deepEqual({ ...sink.counters }, { written: 0, lost: 1 });
});

test("alerts beyond the limit of the queue are lost and counted", async () => {
  const sink = open(goneUrl, { queueBytes: 10, flushMs: 0, closeMs: 10 });
  for (let i = 0; i < 9; i += 1) sink.write(sampleAlert("abcd"));
  assert.equal(sink.counters.lost, 7);
  await sink.close();
  assert.deepEqual({ ...sink.counters }, { written: 0, lost: 9 });
});

test("what waits in a folder is sent by the next run, whole lines only, once", async () => {
  const spoolFolder = join(folder, "spool");
  const first = open(goneUrl, { spoolFolder, flushMs: 0, closeMs: 10 });
  first.write(sampleAlert("one"));
  first.write(sampleAlert("two"));
  await first.close();
  assert.deepEqual({ ...first.counters }, { written: 0, lost: 0 });
  const [name] = readdirSync(spoolFolder);
  assert.equal(statSync(join(spoolFolder, name!)).mode & 0o777, 0o600);
  appendFileSync(join(spoolFolder, name!), '"cut o');
  let taken = "";
  const url = await listen((_request, response, body) => {
    taken += String(body);
    response.end();
  });
  const second = open(url, { spoolFolder });
  second.write(sampleAlert("three"));
  await second.close();
  assert.equal(taken, "one\ntwo\nthree\n");
  assert.deepEqual(readdirSync(spoolFolder), []);
});

test("bodies are compressed and headers are sent when asked", async () => {
  let body: Buffer = Buffer.alloc(0);
  let token: string | undefined;
  const url = await listen((request, response, bytes) => {
    body = bytes;
    token = request.headers.authorization;
    response.end();
  });
  const headers = parseHeaders("# a token\r\nAuthorization:  Bearer x:y \n\n");
  const sink = open(url, { headers, isCompressed: true });
  sink.write(sampleAlert("a"));
  await sink.close();
  assert.equal(gunzipSync(body).toString(), "a\n");
  assert.equal(token, "Bearer x:y");
  assert.throws(() => parseHeaders("no header"));
});

test("over TLS an alert goes only to who has a certificate of a trusted authority for that host", {
  skip: whyNoCertificates,
}, async () => {
  const own = makeCertificate(folder, "own", "IP:127.0.0.1");
  const named = makeCertificate(folder, "named", "DNS:alerts.example.org");
  const listenSecurely = async ({ key, cert }: typeof own): Promise<URL> => {
    const server = createSecureServer({ key, cert }, (request, response) => {
      request.on("data", (bytes: Buffer) => {
        taken += String(bytes);
      });
      request.on("end", () => response.end());
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  };
  let taken = "";
  const url = await listenSecurely(own);
  const otherHost = await listenSecurely(named);
  const send = async (to: URL, authorities: string | undefined): Promise<string[]> => {
    const notices: string[] = [];
    const onNotice = (message: string): void => void notices.push(message);
    const sink = open(to, { authorities, onNotice, closeMs: 20 });
    sink.write(sampleAlert("a"));
    // What is refused would be tried again without end.
    while (sink.counters.written === 0 && notices.length === 0) await delay(10);
    await sink.close();
    return [`${sink.counters.written} of 1`, ...notices.slice(0, 1)];
  };
  assert.deepEqual(await send(url, own.cert), ["1 of 1"]);
  assert.equal(taken, "a\n");
  const [strange, why] = await send(url, undefined);
  assert.equal(strange, "0 of 1");
  assert.match(why!, /self-signed certificate/);
  assert.match((await send(url, named.cert)).join(), /^0 of 1,.*certificate/);
  assert.match((await send(otherHost, named.cert)).join(), /^0 of 1,.*IP: 127\.0\.0\.1 is not in/);
  assert.equal(taken, "a\n");
  assert.throws(() => open(url, { authorities: "" }));
  assert.throws(() => open(url, { authorities: "no certificate" }));
});
