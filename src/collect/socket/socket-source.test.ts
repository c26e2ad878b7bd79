import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { defaultLimits, type Limits } from "../../base/limits.ts";
import { testSource } from "../source.suite.ts";
import { type Source, SourceError } from "../source.ts";
import { openSocketSource, socketOffer } from "./socket-source.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-socket-"));
after(() => rmSync(folder, { recursive: true }));
const skip = socketOffer().available ? false : "peers are not named on this system";
let count = 0;

function freshPath(): string {
  count += 1;
  return join(folder, `${count}.sock`);
}

function open(path: string, limits: Limits = defaultLimits, uids?: number[]): Promise<Source> {
  return openSocketSource({ path, limits, uids });
}

/** Sends `text`, ends its side, and gives the answers when the other side has ended. */
function send(path: string, text: string): Promise<object[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.end(text));
    let answers = "";
    socket.on("data", (bytes) => {
      answers += String(bytes);
    });
    socket.on("error", reject);
    socket.on("close", () =>
      resolve(
        answers
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as object),
      ),
    );
  });
}

/** Runs `source` while `act` does, and gives the events that came. */
async function eventsOf(
  source: Source,
  act: () => Promise<void>,
): Promise<Record<string, never>[]> {
  const stop = new AbortController();
  const events: Record<string, never>[] = [];
  const reading = (async () => {
    for await (const items of source.items(stop.signal)) {
      for (const item of items) {
        if (typeof item === "string" && !item.includes('"record"')) events.push(JSON.parse(item));
      }
    }
  })();
  await act();
  stop.abort();
  await reading;
  return events;
}

/** Opening takes a moment, which the suite does not have: it is given what was opened before. */
const opened: { readonly path: string; readonly source: Source }[] = [];
while (skip === false && opened.length < 3) {
  const path = freshPath();
  opened.push({ path, source: await open(path) });
}
let current = "";
testSource({
  name: "event API",
  skip,
  offer: socketOffer,
  open() {
    const { path, source } = opened.shift()!;
    current = path;
    return source;
  },
  act: async () => assert.deepEqual(await send(current, '{"a":1}\n'), [{ ack: 1 }]),
});

test("clients' lines become marked events, and are acknowledged or named", { skip }, async () => {
  const path = freshPath();
  const source = await open(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  let answers: object[] = [];
  const lies = {
    event: { provider: "ebpf", module: "x" },
    "event.provider": "ebpf",
    agent: { id: 1 },
  };
  const events = await eventsOf(source, async () => {
    const first = {
      ...lies,
      kestrel: { peer: { pid: 1 } },
      process: { pid: 7, entity_id: "real" },
    };
    const last = { "process.pid": 8, "process.parent": { pid: 1 } };
    answers = await send(path, `${JSON.stringify(first)}\nnonsense\n[]\n${JSON.stringify(last)}`);
  });
  assert.deepEqual(answers.at(-1), { ack: 2 });
  assert.deepEqual(answers.slice(0, 2), [
    { line: 2, rejected: "not JSON" },
    { line: 3, rejected: "not a JSON object" },
  ]);
  const uid = process.geteuid?.() ?? 0;
  const peer = { pid: process.pid, uid, gid: process.getegid?.() ?? 0 };
  const [first, last] = events;
  assert.deepEqual(first, {
    "@timestamp": first!["@timestamp"],
    event: {},
    "event.provider": "socket",
    kestrel: { peer },
    process: { pid: 7, entity_id: `socket:${uid}:real` },
  });
  assert.equal(last!["process.entity_id"], `socket:${uid}:pid:8`);
  assert.equal(last!["process.parent.entity_id"], `socket:${uid}:pid:1`);
  assert.deepEqual([source.counters.received, source.counters.rejected], [2, 2]);
});

test("a gap or heartbeat of a client is refused", { skip }, async () => {
  const path = freshPath();
  const source = await open(path);
  let answers: object[] = [];
  const events = await eventsOf(source, async () => {
    answers = await send(path, '{"kestrel.record":"gap"}\n{"kestrel":{"record":"heartbeat"}}\n');
  });
  assert.equal(events.length, 0);
  assert.equal(answers.length, 2);
});

test("a line over the limit is named, and the next one is taken", { skip }, async () => {
  const path = freshPath();
  const source = await open(path, { ...defaultLimits, socketLineBytes: 20 });
  let answers: object[] = [];
  const events = await eventsOf(source, async () => {
    answers = await send(path, `{"a":"${"x".repeat(100)}"}\n{"a":1}\n`);
  });
  assert.equal(events.length, 1);
  assert.match(JSON.stringify(answers[0]), /"line":1.*over the limit of 20/);
});

test("nothing is lost by a client that is too fast and a consumer that is slow", {
  skip,
}, async () => {
  const path = freshPath();
  const limits = { ...defaultLimits, socketEventsPerSecond: 5000, batchEvents: 16 };
  const source = await open(path, limits);
  const wanted = 6000;
  let answers: object[] = [];
  const events = await eventsOf(source, async () => {
    answers = await send(path, '{"a":1}\n'.repeat(wanted));
  });
  assert.equal(events.length, wanted);
  assert.deepEqual(answers.at(-1), { ack: wanted });
});

test("a user who is not allowed is shut out", { skip }, async () => {
  const path = freshPath();
  const source = await open(path, defaultLimits, [4_000_000]);
  const events = await eventsOf(source, async () => {
    await send(path, '{"a":1}\n').catch(() => undefined);
  });
  assert.equal(events.length, 0);
});

test("a socket in use and a file of another kind are left alone; a stale one is replaced", {
  skip,
}, async () => {
  const path = freshPath();
  const first = await open(path);
  await assert.rejects(open(path), SourceError);
  first.close();
  const file = freshPath();
  writeFileSync(file, "");
  await assert.rejects(open(file), /no socket/);
  const stale = freshPath();
  await leaveStale(stale);
  (await open(stale)).close();
});

/** Leaves a socket file that nobody listens on. */
async function leaveStale(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.first`, resolve));
  const { linkSync } = await import("node:fs");
  linkSync(`${path}.first`, path);
  await new Promise((resolve) => server.close(resolve));
  assert.ok(statSync(path).isSocket());
}
