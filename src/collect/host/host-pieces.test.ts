import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { defaultLimits } from "../../base/limits.ts";
import { formatIso } from "../../base/time.ts";
import { readFileFacts } from "../linux/process-files.ts";
import { Accounts } from "./accounts.ts";
import { actor, at, bootWallNs, exec, pick, Recorder } from "./activity.fixture.ts";
import { BootClock } from "./boot-clock.ts";
import { BoundedMap } from "./bounded-map.ts";
import { capabilitiesOf } from "./capability-table.ts";
import { containerOfCgroupFile, containerOfPath } from "./container.ts";
import { EntityIds, ticksOf } from "./entity-id.ts";
import { entropyOf, FileContents, fileKeyOf } from "./file-contents.ts";
import { readHostFacts } from "./host-facts.ts";
import { IsoTexts } from "./iso-texts.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-host-"));
after(() => rmSync(folder, { recursive: true }));

describe("the boot clock", () => {
  it("keeps the order of moments when the wall clock is put back", () => {
    let bootNs = 0n;
    let wallOffsetNs = bootWallNs;
    const readings = {
      bootNs: () => {
        bootNs += 10_000_000n;
        return bootNs;
      },
      wallNs: () => bootNs + wallOffsetNs,
    };
    const clock = new BootClock(readings);
    assert.equal(clock.wallNs(at(500)), bootWallNs + at(500));
    bootNs = at(1000);
    wallOffsetNs -= at(300);
    clock.remeasure();
    const moments = [900, 1000, 1019, 1020, 1100, 1320, 1321, 2000].map(at);
    const walls = moments.map((moment) => clock.wallNs(moment));
    assert.deepEqual(
      walls,
      [...walls].sort((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(walls[0], bootWallNs + at(900), "the past keeps its times");
    assert.equal(walls.at(-1), bootWallNs + at(1700), "the new difference holds");
  });

  it("agrees with the system's clock", () => {
    const clock = new BootClock();
    const differenceMs = Number(clock.wallNs(clock.nowNs()) / 1_000_000n) - Date.now();
    assert.ok(Math.abs(differenceMs) < 1000);
  });

  it("writes moments as formatIso does", () => {
    const texts = new IsoTexts();
    const property = fc.property(
      fc.bigInt({ min: -(10n ** 18n), max: 4n * 10n ** 18n }),
      fc.bigInt({ min: 0n, max: 2_000_000_000n }),
      fc.constantFrom(1n, 1_000_000n),
      (start, step, scale) => {
        for (const time of [start, start + step, ((start + step) / scale) * scale]) {
          assert.equal(texts.format(time), formatIso(time));
        }
      },
    );
    fc.assert(property, { numRuns: 1000 });
  });
});

it("an entity id is 20 bytes, the same for all moments of one tick", () => {
  const ids = new EntityIds("boot");
  const id = ids.of(7, ticksOf(1_239_999_999n));
  assert.equal(Buffer.from(id, "base64url").length, 20);
  assert.equal(id, ids.of(7, ticksOf(1_230_000_000n)));
  const others = [ids.of(7, 124), ids.of(8, 123), new EntityIds("other").of(7, 123)];
  assert.equal(new Set([id, ...others]).size, 4);
});

it("containers are told by the paths that runtimes make", () => {
  const id = "0123456789abcdef".repeat(4);
  const inner = "f".repeat(64);
  const cases: [string, string | null, string | null][] = [
    [`/docker/${id}`, id, "docker"],
    [`/system.slice/docker-${id}.scope`, id, "docker"],
    [`/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`, id, "containerd"],
    [`/kubepods.slice/crio-${id}.scope`, id, "cri-o"],
    [`/machine.slice/libpod-${id}.scope/container`, id, "podman"],
    [`/machine.slice/libpod-conmon-${id}.scope`, null, null],
    [`/kubepods/burstable/pod1234/${id}`, id, null],
    ["/lxc.payload.web/init.scope", "web", "lxc"],
    [`/docker/${id}/docker/${inner}`, inner, "docker"],
    ["/user.slice/user-1000.slice/session-3.scope", null, null],
    [`/docker/${id.slice(1)}`, null, null],
  ];
  for (const [path, expected, runtime] of cases) {
    assert.deepEqual(containerOfPath(path), expected === null ? null : { id: expected, runtime });
  }
  assert.equal(containerOfCgroupFile(`3:cpu:/\n0::/docker/${id}\n`)?.id, id);
  assert.equal(containerOfCgroupFile("0::/\n"), null);
});

it("capabilities are named by their bits", () => {
  assert.deepEqual(capabilitiesOf(1n | (1n << 21n) | (1n << 40n)), [
    "CAP_CHOWN",
    "CAP_SYS_ADMIN",
    "CAP_CHECKPOINT_RESTORE",
  ]);
});

it("names of accounts are read again when their file is another", () => {
  const passwd = join(folder, "passwd");
  writeFileSync(passwd, "root:x:0:0::/root:/bin/sh\nalso:x:0:0::/:/bin/sh\nbad line\n");
  const accounts = new Accounts(passwd, join(folder, "none"));
  assert.equal(accounts.refresh(0n), true);
  assert.deepEqual(
    [accounts.userName(0), accounts.userName(5), accounts.groupName(0)],
    ["root", null, null],
  );
  const unreadable = new Accounts(folder, passwd);
  assert.equal(unreadable.refresh(0n), true);
  assert.deepEqual([unreadable.userName(0), unreadable.groupName(0)], [null, "root"]);
  writeFileSync(passwd, "admin:x:0:0::/root:/bin/sh\n");
  utimesSync(passwd, 1, 1);
  assert.equal(accounts.refresh(at(1999)), false);
  assert.equal(accounts.userName(0), "root");
  const recorder = new Recorder({ accounts });
  const name = (ms: number): unknown =>
    pick(recorder.feed(exec(actor(5, 5), ms, ["a"]))[0], "user.name")[0];
  assert.deepEqual([name(1999), name(2000)], ["root", "admin"]);
});

it("a bounded map forgets what was set longest ago", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.size], [3, undefined, 4, 2]);
});

it("the facts of this host are complete", () => {
  const facts = readHostFacts("1.2.3");
  assert.match(facts.bootId, /^[0-9a-f-]{36}$/);
  assert.ok(facts.id !== "" && facts.hostname !== "" && facts.kernel !== "");
  for (const mac of facts.hardwareAddresses) assert.match(mac, /^[0-9A-F]{2}(-[0-9A-F]{2}){5}$/);
});

describe("hashes of files", () => {
  const limits = { hashFileBytes: 1000, hashQueue: 2, hashFiles: 2 };
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const ask = (contents: FileContents, path: string, paths: readonly string[] = [path]): string => {
    const facts = readFileFacts(path)!;
    const key = fileKeyOf(facts)!;
    contents.request(key, paths, facts);
    return key;
  };

  it("come with later events of the file", async () => {
    const path = file("program", "content");
    const facts = readFileFacts(path)!;
    const recorder = new Recorder({
      hashExecutables: true,
      limits: { ...defaultLimits, ...limits },
    });
    const run = (ms: number): unknown => {
      const [event] = recorder.feed(exec(actor(5, 5), ms, [path], { file: facts }));
      return pick(event, "process.hash.sha256")[0];
    };
    assert.equal(run(6), undefined);
    await recorder.events.hashed();
    assert.equal(run(7), createHash("sha256").update("content").digest("hex"));
    assert.equal(recorder.events.contentCounters.read, 1);
    recorder.events.close();
  });

  it("are not made of another file, of large ones, or of too many at once", async () => {
    let read = 0;
    const contents = new FileContents(limits, () => {
      read += 1;
    });
    const small = file("small", "x");
    const wrong = file("wrong", "y");
    const key = ask(contents, wrong, [small, join(folder, "missing")]);
    const large = ask(contents, file("large", "x".repeat(1001)));
    ask(contents, small);
    ask(contents, file("third", "z"));
    await contents.idle();
    assert.deepEqual(contents.counters, { read: 1, tooLarge: 1, dropped: 1, missed: 1 });
    assert.deepEqual([read, contents.find(key), contents.find(large)], [1, null, null]);
  });

  it("do not wait at a pipe that stands in the place of a file", async () => {
    const contents = new FileContents(limits, () => undefined);
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const path = file("behind", "x");
    const key = ask(contents, path, [pipe, path]);
    await contents.idle();
    assert.equal(contents.find(key)?.sha256, createHash("sha256").update("x").digest("hex"));
  });

  it("end when they are closed", async () => {
    const contents = new FileContents(limits, () => assert.fail("closed"));
    ask(contents, file("closing", "x"));
    contents.close();
    ask(contents, file("later", "x"));
    await contents.idle();
    assert.equal(contents.counters.read, 0);
  });
});

it("entropy is 0 for one byte's repetition and 8 for all bytes alike", () => {
  assert.equal(entropyOf(new Uint8Array(100)), 0);
  assert.equal(entropyOf(Uint8Array.from({ length: 512 }, (_, index) => index & 0xff)), 8);
  assert.equal(entropyOf(new Uint8Array(0)), 0);
});
