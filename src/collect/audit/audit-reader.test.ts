import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../../base/limits.ts";
import type { Seen } from "../counted-events.ts";
import type { Activity } from "../host/activity.ts";
import { readHostFacts } from "../host/host-facts.ts";
import { AuditReader } from "./audit-reader.ts";

const limits = { ...defaultLimits, auditEvents: 4, auditRecords: 6 };

function makeReader(): AuditReader {
  return new AuditReader({ limits, host: readHostFacts(), offsetNs: 0n, startOf: () => null });
}

/** All that lines tell, to their end. */
function read(lines: readonly string[], reader: AuditReader = makeReader()): Seen[] {
  return [...lines.flatMap((line) => reader.read(line)), ...reader.end()];
}

function activityOf(seen: Seen | undefined): Activity {
  assert.ok(seen !== undefined && seen.kind !== "ready" && seen.kind !== "lost");
  return seen.kind === "extended" ? seen.activity : seen;
}

const hex = (text: string): string => Buffer.from(text).toString("hex").toUpperCase();
const at = (serial: number, second: number = serial): string =>
  `msg=audit(${1000 + second}.250:${serial}):`;
const ids = "uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts2 ses=4";

function call(serial: number, syscall: number, more: string, second: number = serial): string {
  return (
    `type=SYSCALL ${at(serial, second)} arch=c000003e syscall=${syscall} success=yes exit=0 ` +
    `a0=1 a1=2 a2=3 a3=4 items=2 ppid=40 pid=41 auid=1000 ${ids} comm="sh" exe="/usr/bin/dash" ${more}`
  );
}

function path(serial: number, name: string, kind: string, second: number = serial): string {
  return (
    `type=PATH ${at(serial, second)} item=0 name="${name}" inode=99 dev=08:02 mode=0100640 ` +
    `ouid=7 ogid=8 rdev=00:00 nametype=${kind}`
  );
}

test("an exec has its arguments, also those in hexadecimal and in pieces", () => {
  const [seen] = read([
    call(1, 59, 'key="runs"'),
    `type=EXECVE ${at(1)} argc=4 a0="sh" a1="-c" a2=${hex("echo 'a b'")}`,
    `type=EXECVE ${at(1)} a3_len=8 a3[0]=${hex("piec")} a3[1]=${hex("es é")}`,
    `type=CWD ${at(1)} cwd="/home/ann"`,
    path(1, "/usr/bin/sh", "NORMAL"),
    `type=EOE ${at(1)}`,
  ]);
  assert.ok(seen?.kind === "extended");
  assert.equal(
    seen.members,
    ',"auditd":{"data":{"syscall":"execve","a0":"1","a1":"2","a2":"3","a3":"4","exit":"0","key":"runs"}}',
  );
  const exec = activityOf(seen);
  assert.ok(exec.kind === "exec");
  assert.deepEqual(exec.args, ["sh", "-c", "echo 'a b'", "pieces é"]);
  assert.equal(exec.argsTruncated, false);
  assert.equal(exec.executable, "/usr/bin/dash");
  assert.equal(exec.filename, "/usr/bin/sh");
  assert.equal(exec.workingDirectory, "/home/ann");
  assert.equal(exec.parentPid, 40);
  assert.equal(exec.actor.pid, 41);
  assert.equal(exec.timeNs, 1_001_250_000_000n);
  assert.deepEqual(exec.terminal, { major: 136, minor: 2 });
  assert.deepEqual(
    [exec.file?.inode, exec.file?.device, exec.file?.mode, exec.file?.uid],
    [99n, 0x802n, 0o100640, 7],
  );
});

test("arguments that are missing are told as cut off", () => {
  const [seen] = read([call(1, 59, ""), `type=EXECVE ${at(1)} argc=3 a0="sh" a2="x"`]);
  const exec = activityOf(seen);
  assert.ok(exec.kind === "exec");
  assert.deepEqual(exec.args, ["sh"]);
  assert.equal(exec.argsTruncated, true);
});

test("without EXECVE the title gives the arguments", () => {
  const [seen] = read([call(1, 59, ""), `type=PROCTITLE ${at(1)} proctitle=${hex("ls\0-l")}`]);
  const exec = activityOf(seen);
  assert.deepEqual(exec.kind === "exec" && exec.args, ["ls", "-l"]);
});

test("files are told by the paths of the call", () => {
  const cwd = (serial: number): string => `type=CWD ${at(serial)} cwd="/srv/a"`;
  const seen = read([
    ...[call(1, 257, ""), cwd(1), path(1, "/srv/a", "PARENT"), path(1, "new", "CREATE")],
    ...[call(2, 257, ""), cwd(2), path(2, "../old", "NORMAL")],
    ...[
      call(3, 82, ""),
      cwd(3),
      path(3, "x", "DELETE"),
      path(3, "y", "DELETE"),
      path(3, "y", "CREATE"),
    ],
    ...[call(4, 87, ""), cwd(4), path(4, "gone", "DELETE")],
    ...[call(5, 268, ""), cwd(5), path(5, "y", "NORMAL")],
    ...[call(6, 86, ""), cwd(6), path(6, "y", "NORMAL"), path(6, "z", "CREATE")],
  ]).map(activityOf);
  assert.deepEqual(
    seen.map((it) => it.kind === "file" && [it.change, it.path, it.otherPath, it.call]),
    [
      ["creation", "/srv/a/new", null, "openat"],
      ["open", "/srv/old", null, "openat"],
      ["rename", "/srv/a/y", "/srv/a/x", "rename"],
      ["deletion", "/srv/a/gone", null, "unlink"],
      ["attributes", "/srv/a/y", null, "fchmodat"],
      ["link", "/srv/a/z", "/srv/a/y", "link"],
    ],
  );
});

test("memory that is written into another process is told apart from a trace", () => {
  const seen = read([call(1, 101, ""), call(2, 311, "")]).map(activityOf);
  assert.deepEqual(
    seen.map((it) => it.kind === "ptrace" && [it.call, it.request, it.targetPid]),
    [
      ["ptrace", 1, 2],
      ["process_vm_writev", null, 1],
    ],
  );
});

test("connections have their address, also those under way and refused", () => {
  const v4 = "02000050CB00710900000000";
  const v6 = `0A0001BB00000000${"20010DB8".padEnd(24, "0")}00000001${"00000000"}`;
  const unix = `0100${Buffer.from("/run/x.sock").toString("hex")}00`;
  const failed = call(3, 42, "").replace("success=yes exit=0", "success=no exit=-111");
  const seen = read([
    ...[call(1, 42, ""), `type=SOCKADDR ${at(1)} saddr=${v4}`],
    ...[call(2, 42, ""), `type=SOCKADDR ${at(2)} saddr=${v6}`],
    ...[failed, `type=SOCKADDR ${at(3)} saddr=${unix}`],
    ...[call(4, 49, ""), `type=SOCKADDR ${at(4)} saddr=${v4}`],
  ]).map(activityOf);
  assert.deepEqual(
    seen.map(
      (it) =>
        it.kind === "network" && [
          ...[it.change, it.family, it.remoteAddress, it.remotePort],
          ...[it.localAddress, it.unixPath, it.result],
        ],
    ),
    [
      ["connect", "ipv4", "203.0.113.9", 80, null, null, 0],
      ["connect", "ipv6", "2001:db8::1", 443, null, null, 0],
      ["connect", "unix", null, null, null, "/run/x.sock", -111],
      ["bind", "ipv4", null, null, "203.0.113.9", null, 0],
    ],
  );
});

test("changes of ids are told with those before", () => {
  const after = call(2, 105, "").replace("uid=0 gid=0 euid=0", "uid=5 gid=0 euid=5");
  const [, seen] = read([call(1, 59, ""), `type=EOE ${at(1)}`, after]).map(activityOf);
  assert.ok(seen?.kind === "credentials");
  assert.deepEqual([seen.change, seen.before.euid, seen.after.euid], ["uid", 0, 5]);
});

test("calls that failed are no events", () => {
  const failed = call(1, 87, "").replace("success=yes exit=0", "success=no exit=-13");
  assert.deepEqual(read([failed, path(1, "/x", "DELETE")]), []);
});

test("events may be interleaved, and end late", () => {
  const reader = makeReader();
  const lines = [
    ...[call(1, 87, "", 1), call(2, 87, "", 1), path(2, "/b", "DELETE", 1)],
    ...[path(1, "/a", "DELETE", 1), `type=EOE ${at(2, 1)}`, `type=EOE ${at(1, 1)}`],
    // After its end: late, and an end twice is no harm.
    ...[path(1, "/late", "DELETE", 1), `type=EOE ${at(1, 1)}`],
  ];
  const paths = read(lines, reader).map(activityOf);
  assert.deepEqual(
    paths.map((it) => it.kind === "file" && it.path),
    ["/b", "/a"],
  );
  assert.equal(reader.rejected, 1);
});

test("an event without an end is complete when time has passed, or when too many wait", () => {
  const reader = makeReader();
  assert.deepEqual(reader.read(call(1, 112, "", 1)), []);
  assert.deepEqual(reader.read(call(2, 112, "", 2)), []);
  assert.equal(reader.read(call(3, 112, "", 3)).length, 1);
  assert.equal(reader.advance(1_010_000_000_000n).length, 2);
  for (let serial = 10; serial < 14; serial++) {
    assert.deepEqual(reader.read(call(serial, 112, "", 20)), []);
  }
  assert.equal(reader.read(call(14, 112, "", 20)).length, 1);
});

test("records over the limit of an event are rejected", () => {
  const reader = makeReader();
  const paths = Array.from({ length: 8 }, () => path(1, "/x", "NORMAL"));
  read([call(1, 59, ""), ...paths], reader);
  assert.equal(reader.rejected, 3);
});

test("logins are events of their own", () => {
  const login = (exe: string, result: string): string =>
    `type=USER_LOGIN ${at(5)} pid=900 uid=0 auid=1000 ses=3 msg='op=login id=1000 ` +
    `exe="${exe}" hostname=203.0.113.9 addr=203.0.113.9 terminal=/dev/pts/0 res=${result}'`;
  const seen = read([
    login("/usr/sbin/sshd", "success"),
    login("/usr/bin/login", "failed"),
    `type=USER_AUTH ${at(6)} pid=901 uid=0 auid=4294967295 ses=3 msg='op=PAM:authentication acct="ann" exe="/usr/bin/su" hostname=? addr=? terminal=pts/1 res=failed'`,
  ]);
  const events = seen.map((it) => JSON.parse(it.kind === "ready" ? it.json : "") as LoginEvent);
  assert.deepEqual(
    events.map(({ event, user, source, process }) => [
      ...[event.action, event.outcome, event.category[0]],
      ...[user?.id, user?.name, source?.ip, process.name],
    ]),
    [
      ["ssh_login", "success", "authentication", "1000", undefined, "203.0.113.9", "sshd"],
      ["login", "failure", "authentication", "1000", undefined, "203.0.113.9", "login"],
      ["authenticated", "failure", "authentication", undefined, "ann", undefined, "su"],
    ],
  );
});

test("accounts are of users or groups, with the result as the audit system has it", () => {
  const account = (type: string, result: string): string =>
    `type=${type} ${at(5)} pid=900 uid=0 auid=1000 ses=3 msg='op=x acct="ann" exe="/usr/sbin/useradd" res=${result}'`;
  const seen = read([account("ADD_USER", "success"), account("ADD_GROUP", "failed")]);
  const events = seen.map((it) => JSON.parse(it.kind === "ready" ? it.json : "") as LoginEvent);
  assert.deepEqual(
    events.map(({ event, auditd, user }) => [event.type, event.outcome, auditd.result, user?.name]),
    [
      [["user", "creation"], "success", "success", "ann"],
      [["group", "creation"], "failure", "fail", "ann"],
    ],
  );
});

test("what AppArmor forbids is told, what other policies do is not", () => {
  const record = (text: string): string => `type=AVC ${at(5)} ${text}`;
  const of = 'operation="open" profile="x" name="/etc/shadow" pid=41 comm="cat" fsuid=0 ouid=0';
  const seen = read([
    record(`apparmor="DENIED" ${of}`),
    record(`apparmor="ALLOWED" ${of}`),
    record('apparmor="STATUS" operation="profile_load" name="x" pid=1 comm="apparmor_parser"'),
    record('avc:  denied  { read } for  pid=41 comm="cat" name="shadow" dev="sda1"'),
  ]);
  const events = seen.map((it) => JSON.parse(it.kind === "ready" ? it.json : "") as LoginEvent);
  assert.deepEqual(
    events.map(({ event, file, process }) => [
      ...[event.action, event.category[0], event.outcome, file?.path, process.name],
    ]),
    [
      ["violated-apparmor-policy", "file", "failure", "/etc/shadow", "cat"],
      ["violated-apparmor-policy", "file", "success", "/etc/shadow", "cat"],
    ],
  );
});

interface LoginEvent {
  readonly event: {
    readonly action: string;
    readonly outcome: string;
    readonly category: string[];
    readonly type: string[];
  };
  readonly auditd: { readonly result?: string };
  readonly file?: { readonly path: string };
  readonly user?: { readonly id?: string; readonly name?: string };
  readonly source?: { readonly ip?: string };
  readonly process: { readonly name: string };
}

test("damaged lines are counted and never thrown", () => {
  const lines = [
    call(1, 59, 'key="runs"'),
    `type=EXECVE ${at(1)} argc=2 a0="sh" a1=${hex("x y")}`,
    `type=SOCKADDR ${at(1)} saddr=02000050CB00710900000000`,
    `type=USER_LOGIN ${at(5)} pid=900 msg='op=login id=1 exe="/usr/sbin/sshd" addr=::1 res=success'`,
  ];
  const odd = ["=", "'", '"', " ", "\u001d", "[", "-", "f", "9", "\0", "(", ":", "\ud800"];
  let state = 20;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const reader = makeReader();
  for (let round = 0; round < 20_000; round++) {
    let line = lines[next(lines.length)]!;
    for (let change = next(4); change >= 0; change--) {
      const place = next(line.length + 1);
      const cut = next(3) === 0 ? next(40) : 1;
      line = line.slice(0, place) + odd[next(odd.length)]! + line.slice(place + cut);
    }
    for (const seen of reader.read(line)) {
      if (seen.kind === "ready") JSON.parse(seen.json);
      if (seen.kind === "extended") JSON.parse(`{${seen.members.slice(1)}}`);
    }
  }
  reader.end();
  assert.ok(reader.rejected > 1000 && reader.rejected < 19_000, `${reader.rejected}`);
});
