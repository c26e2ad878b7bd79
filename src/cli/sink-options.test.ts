import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSinkSpec } from "./sink-options.ts";

test("each form of a sink is understood", () => {
  const local = { kind: "syslog", protocol: "udp", host: "127.0.0.1", port: 514 };
  assert.deepEqual(parseSinkSpec("stdout"), { kind: "stdout" });
  assert.deepEqual(parseSinkSpec("file:a:b"), { kind: "file", path: "a:b" });
  assert.deepEqual(parseSinkSpec("syslog"), local);
  assert.deepEqual(parseSinkSpec("syslog:log.example"), { ...local, host: "log.example" });
  assert.deepEqual(parseSinkSpec("syslog:tcp://[::1]:601"), {
    kind: "syslog",
    protocol: "tcp",
    host: "::1",
    port: 601,
  });
  const url = new URL("https://example.org/in?a=b");
  assert.deepEqual(parseSinkSpec(String(url)), { kind: "http", url });
});

test("what is no sink is told so, and a password in a URL is refused", () => {
  for (const text of ["", "file:", "stdoutx", "syslog:a:b:c", "syslog:a:0", "ftp://x", "http://"]) {
    assert.equal(typeof parseSinkSpec(text), "string", text);
  }
  assert.match(String(parseSinkSpec("http://me:secret@example.org/")), /--sink-headers/);
});
