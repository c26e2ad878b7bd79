import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { defaultLimits } from "../../base/limits.ts";
import { readHostFacts } from "../host/host-facts.ts";
import { itemJson } from "../item-json.fixture.ts";
import { wholeHost } from "../scope.ts";
import { testSource } from "../source.suite.ts";
import { AuditLogSource } from "./audit-log-source.ts";
import { offerAudit } from "./audit-source.ts";
import { AuditStream } from "./audit-stream.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-audit-"));
const path = join(folder, "audit.log");
after(() => rmSync(folder, { recursive: true }));
writeFileSync(path, "");

function openLog(): AuditLogSource {
  const host = readHostFacts();
  return new AuditLogSource({ path, limits: defaultLimits, host, onNotice: () => undefined });
}

let serial = 0;
function exec(second: number): string {
  serial += 1;
  const head = `msg=audit(${second}.000:${serial}):`;
  return (
    `type=SYSCALL ${head} arch=c00000b7 syscall=221 success=yes exit=0 a0=0 a1=0 a2=0 a3=0 items=1 ` +
    `ppid=70 pid=71 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ` +
    `comm="id" exe="/usr/bin/id" key=(null)\n` +
    `type=EXECVE ${head} argc=2 a0="id" a1="-u"\ntype=EOE ${head}\n`
  );
}

testSource({
  name: "audit log",
  skip: false,
  offer: offerAudit,
  open: openLog,
  act: async () => {
    appendFileSync(path, exec(1_700_000_000));
    await delay(300);
  },
});

test("a log's events have the times of its records, and damaged lines are counted", async () => {
  writeFileSync(path, `${exec(1_600_000_000)}no record\n${exec(1_600_000_007)}`);
  const source = openLog();
  const stop = new AbortController();
  const events: { "@timestamp": string; process: { args: string[] }; event: { action: string } }[] =
    [];
  try {
    for await (const items of source.items(stop.signal)) {
      for (const item of items) {
        const record = JSON.parse(itemJson(item)) as (typeof events)[0] & { kestrel?: object };
        if (record.event !== undefined) events.push(record);
      }
      if (events.length === 2) stop.abort();
    }
  } finally {
    source.close();
  }
  assert.deepEqual(
    events.map((it) => [it["@timestamp"], it.event.action, it.process.args]),
    [
      ["2020-09-13T12:26:40.000Z", "exec", ["id", "-u"]],
      ["2020-09-13T12:26:47.000Z", "exec", ["id", "-u"]],
    ],
  );
  assert.equal(source.counters.rejected, 1);
  assert.equal(source.counters.received, 2);
});

const offer = process.platform === "linux" ? offerAudit() : null;

// Records of others would be read if this listened longer: it is closed at once.
test("the kernel's records can be listened to, and let go of", {
  skip: offer?.available === true ? false : "the kernel's audit records can't be read here",
}, () => {
  const stream = new AuditStream({
    scope: { ...wholeHost, group: "/none" },
    limits: defaultLimits,
    host: readHostFacts(),
    receiveBufferBytes: 0x10000,
    categories: ["process"],
  });
  stream.close();
  stream.close();
  assert.equal(
    stream.drain(() => assert.fail()),
    "ended",
  );
});
