import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Seen } from "../counted-events.ts";
import type { FileActivity, LostActivity } from "../host/activity.ts";
import { wholeHost } from "../scope.ts";
import { fanotifyLevels, probeFanotify } from "./fanotify-group.ts";
import { readFanotifyEvents } from "./fanotify-message.ts";
import { FileWatch } from "./file-watch.ts";
import { makeOwnMount, type OwnMount, whyNoMount } from "./own-mount.fixture.ts";

const capability = process.platform === "linux" ? probeFanotify() : null;
const whyNot: string | false =
  whyNoMount || (capability?.available === true ? false : (capability?.why ?? "not Linux"));

const settings = { scope: wholeHost, directories: 100 };

/** What is told of `script`, which runs in the mount; the last process stays till all is read. */
async function watch(
  mount: OwnMount,
  script: string,
  options: Partial<ConstructorParameters<typeof FileWatch>[0]> = {},
): Promise<Seen[]> {
  const files = new FileWatch({ ...settings, path: mount.path, ...options });
  const seen: Seen[] = [];
  try {
    const running = spawn("sh", ["-c", script], { cwd: mount.path, stdio: "ignore" });
    while (running.exitCode === null && running.signalCode === null) {
      files.drain((activity) => seen.push(activity));
      await delay(files.intervalMs);
    }
    files.drain((activity) => seen.push(activity));
    assert.equal(running.exitCode, 0);
  } finally {
    files.close();
  }
  return seen;
}

/** Change, name and other name of each file activity, below the mount. */
function changesOf(seen: readonly Seen[], mount: OwnMount): string[] {
  return seen
    .filter((it): it is FileActivity => it.kind === "file")
    .map((it) => {
      const names = [it.path, it.otherPath].filter((path) => path !== null);
      return [it.change, ...names.map((path) => path.replace(`${mount.path}/`, ""))].join(" ");
    });
}

test("files made, written, changed, moved, run and removed are told", {
  skip: whyNot,
}, async () => {
  const mount = makeOwnMount();
  try {
    const seen = await watch(
      mount,
      `mkdir -p a/b; echo one > a/b/f; sleep 0.05; chmod 600 a/b/f; mv a/b/f a/g; ln -s target s;
       ln a/g h; cp /bin/true run; ./run; sleep 0.05; rm a/g; rm -r a; sleep 0.1`,
    );
    const changes = changesOf(seen, mount);
    const expected = [
      ...["creation a", "creation a/b", "creation a/b/f", "modification a/b/f"],
      ...["attributes a/b/f", "rename a/g a/b/f", "symlink s target", "link h"],
      ...["creation run", "modification run", "open run", "deletion a/g"],
      ...["deletion a/b", "deletion a"],
    ];
    let place = -1;
    for (const change of expected) {
      const next = changes.indexOf(change, place + 1);
      assert.ok(next > place, `${change} is missing in ${changes.join(", ")}`);
      place = next;
    }
  } finally {
    mount.remove();
  }
});

test("who did it is told, with facts of the file", { skip: whyNot }, async () => {
  const mount = makeOwnMount();
  try {
    const seen = await watch(mount, "echo words > f; chmod 640 f; sleep 0.2");
    const made = seen.find((it) => it.kind === "file" && it.change === "modification");
    assert.ok(made?.kind === "file");
    assert.equal(made.actor.comm, "sh");
    assert.equal(made.actor.credentials?.euid, 0);
    assert.ok(made.actor.startNs !== null);
    assert.equal(made.file?.sizeBytes, 6);
    const open = seen.find((it) => it.kind === "file" && it.change === "attributes");
    assert.ok(open?.kind === "file");
    assert.equal((open.file?.mode ?? 0) & 0o777, 0o640);
  } finally {
    mount.remove();
  }
});

test("a process that writes often is told once until it closes", { skip: whyNot }, async () => {
  const mount = makeOwnMount();
  try {
    const script = `exec 3> f; for i in 1 2 3 4 5; do echo x >&3; sleep 0.02; done; exec 3>&-;
                    sleep 0.02; echo y > f; sleep 0.05`;
    const changes = changesOf(await watch(mount, script), mount);
    assert.equal(changes.filter((it) => it === "modification f").length, 2);
  } finally {
    mount.remove();
  }
});

for (const level of fanotifyLevels.slice(1)) {
  test(`a kernel that tells ${level.name} is enough`, { skip: whyNot }, async () => {
    const mount = makeOwnMount();
    try {
      const script = "mkdir d; echo x > f; sleep 0.05; mv f d/g; sleep 0.05; rm d/g; sleep 0.1";
      const seen = changesOf(await watch(mount, script, { levels: [level] }), mount);
      for (const change of ["creation f", "modification f", "rename d/g f", "deletion d/g"]) {
        assert.ok(seen.includes(change), `${change} is missing in ${seen.join(", ")}`);
      }
    } finally {
      mount.remove();
    }
  });
}

test("only what lies below the path is told, and what is not is counted", {
  skip: whyNot,
}, async () => {
  const mount = makeOwnMount();
  spawnSync("mkdir", ["in", "inside", "out"], { cwd: mount.path });
  const files = new FileWatch({ ...settings, path: join(mount.path, "in") });
  const seen: Seen[] = [];
  try {
    spawnSync("sh", ["-c", "echo x > in/f; echo x > inside/f; echo x > out/f"], {
      cwd: mount.path,
    });
    files.drain((activity) => seen.push(activity));
    assert.deepEqual(changesOf(seen, mount), ["creation in/f", "modification in/f"]);
    assert.equal(files.filtered, 4);
  } finally {
    files.close();
    mount.remove();
  }
});

test("what the watching process does itself is left out", { skip: whyNot }, () => {
  const mount = makeOwnMount();
  const files = new FileWatch({ ...settings, path: mount.path });
  try {
    writeFileSync(join(mount.path, "own"), "words");
    files.drain(() => assert.fail());
    assert.ok(files.filtered > 0);
  } finally {
    files.close();
    mount.remove();
  }
});

test("no descriptor stays open for a process that was told of", { skip: whyNot }, () => {
  const mount = makeOwnMount();
  const files = new FileWatch({ ...settings, path: mount.path });
  try {
    const before = readdirSync("/proc/self/fd").length;
    spawnSync("sh", ["-c", "for i in 1 2 3 4 5 6 7 8; do echo x > f$i; done"], { cwd: mount.path });
    files.drain(() => undefined);
    assert.equal(readdirSync("/proc/self/fd").length, before);
  } finally {
    files.close();
    mount.remove();
  }
});

test("a queue that runs over is told as lost", { skip: whyNot }, () => {
  const mount = makeOwnMount();
  const files = new FileWatch({ ...settings, path: mount.path });
  const lost: LostActivity[] = [];
  try {
    const script = `for (let i = 0; i < 20000; i++) fs.mkdirSync("d" + i)`;
    spawnSync(process.execPath, ["-e", script], { cwd: mount.path });
    for (let result = "more"; result === "more"; ) {
      result = files.drain((it) => void (it.kind === "lost" && lost.push(it)));
    }
    assert.equal(lost.length, 1);
    assert.ok(lost[0]!.count >= 1 && lost[0]!.fromNs <= lost[0]!.toNs);
  } finally {
    files.close();
    mount.remove();
  }
});

test("paths of directories are remembered up to a limit", { skip: whyNot }, async () => {
  const mount = makeOwnMount();
  try {
    const script = "for i in 1 2 3 4 5 6 7 8; do mkdir d$i; echo x > d$i/f; done; sleep 0.1";
    const seen = changesOf(await watch(mount, script, { directories: 2 }), mount);
    for (let i = 1; i <= 8; i++) assert.ok(seen.includes(`creation d${i}/f`));
  } finally {
    mount.remove();
  }
});

test("one watch serves several filesystems, and says which it can't watch", {
  skip: whyNot,
}, async () => {
  const [one, other] = [makeOwnMount(), makeOwnMount()];
  const refused: string[] = [];
  try {
    const options = {
      others: ["/nowhere/at/all", other.path],
      onRefused: (path: string) => void refused.push(path),
    };
    const seen = await watch(
      one,
      `: > here; mkdir ${other.path}/in; : > ${other.path}/in/there`,
      options,
    );
    const made = seen.flatMap((it) =>
      it.kind === "file" && it.change === "creation" ? [it.path] : [],
    );
    assert.deepEqual(
      made.filter((path) => /here$/.test(path)),
      [join(one.path, "here"), join(other.path, "in/there")],
    );
    assert.deepEqual(refused, ["/nowhere/at/all"]);
  } finally {
    one.remove();
    other.remove();
  }
});

test("what can't be watched is a named refusal", { skip: whyNot }, () => {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-none-"));
  rmSync(folder, { recursive: true });
  assert.throws(() => new FileWatch({ ...settings, path: folder }), {
    name: "SourceError",
    capability: "fanotify-path",
  });
});

test("bytes that are no events end the reading and never throw", () => {
  let state = 1;
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.alloc(round % 200);
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      bytes[i] = state >>> 24;
    }
    if (bytes.length > 8) {
      bytes.writeUInt32LE(bytes.length, 0);
      bytes[4] = 3;
      bytes.writeUInt16LE(24, 6);
    }
    readFanotifyEvents(bytes);
  }
  assert.deepEqual(readFanotifyEvents(Buffer.alloc(100)), []);
});
