import assert from "node:assert/strict";
import { test } from "node:test";
import { argumentOf, numberOf, parseAuditRecord, textOf } from "./record.ts";

const hex = (text: string): string => Buffer.from(text).toString("hex").toUpperCase();

function field(line: string, name: string): string | null {
  const record = parseAuditRecord(`type=T msg=audit(1700000000.5:7): ${line}`);
  assert.ok(record !== null);
  return textOf(record.fields.get(name));
}

test("the head gives type, time, serial and machine", () => {
  const record = parseAuditRecord('node=db1 type=CWD msg=audit(1700000000.042:77): cwd="/"');
  assert.equal(record?.type, "CWD");
  assert.equal(record.timeNs, 1_700_000_000_042_000_000n);
  assert.equal(record.serial, 77);
  assert.equal(record.node, "db1");
});

test("values are bare, quoted, or hexadecimal", () => {
  const line = `comm="a b" exe=${hex('/tmp/x "y"')} tty=(none) key=(null) name=/plain uid=0`;
  assert.equal(field(line, "comm"), "a b");
  assert.equal(field(line, "exe"), '/tmp/x "y"');
  assert.equal(field(line, "tty"), null);
  assert.equal(field(line, "key"), null);
  assert.equal(field(line, "name"), "/plain");
  // Quoted digits are what they look like.
  assert.equal(field('name="6162"', "name"), "6162");
  assert.equal(field("name=6162", "name"), "ab");
});

test("what programs report lies within single quotes, and does not change what the kernel said", () => {
  const line = `pid=12 uid=0 msg='op=login acct="ann" uid=77 exe="/usr/sbin/sshd" addr=203.0.113.9 res=success'`;
  assert.equal(field(line, "acct"), "ann");
  assert.equal(field(line, "res"), "success");
  assert.equal(field(line, "uid"), "0");
});

test("what was added for people follows a separator", () => {
  assert.equal(
    field('syscall=59 key=(null)\u001dARCH=x86_64 SYSCALL=execve AUID="ann"', "AUID"),
    "ann",
  );
  assert.equal(field("key=(null)\u001dSYSCALL=execve", "SYSCALL"), "execve");
});

test("numbers are decimal, arguments hexadecimal, and others none", () => {
  const record = parseAuditRecord("type=T msg=audit(1.0:1): pid=12 a0=7fff exit=-2 x=zz")!;
  assert.equal(numberOf(record.fields.get("pid")), 12);
  assert.equal(numberOf(record.fields.get("exit")), -2);
  assert.equal(numberOf(record.fields.get("x")), null);
  assert.equal(argumentOf(record.fields.get("a0")), 0x7fffn);
  assert.equal(argumentOf(record.fields.get("x")), null);
});

test("lines that are no records are null", () => {
  for (const line of [
    "",
    "type=",
    "type=CWD msg=audit(1.0): cwd=1",
    "{}",
    "msg=audit(1.0:1): a=b",
  ]) {
    assert.equal(parseAuditRecord(line), null);
  }
});
