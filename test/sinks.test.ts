/** Where a run's alerts go, as its users say it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeCertificate, whyNoCertificates } from "../src/sink/own-certificate.fixture.ts";

const program = join(process.cwd(), "dist/src/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "kestrel-sinks-"));
after(() => rmSync(folder, { recursive: true }));
const rule = join(folder, "shell.eql");
writeFileSync(rule, 'process where process.name == "sh"\n');
const event = JSON.stringify({
  "@timestamp": "2026-03-02T09:00:00Z",
  event: { category: "process" },
  process: { name: "sh" },
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One event through one rule, with these sinks. */
function run(...sinks: readonly string[]): Promise<Ended> {
  const args = [program, "run", "--source", "-", "--rules", rule, "--format", "json", ...sinks];
  const env = { ...process.env, KESTREL_SINK_HEADERS: "Authorization: Bearer abc" };
  const child = spawn(process.execPath, args, { env });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => {
    stdout += String(bytes);
  });
  child.stderr.on("data", (bytes) => {
    stderr += String(bytes);
  });
  child.stdin.end(`${event}\n`);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

test("each sink gets the alert, and a token comes from the environment", async () => {
  let body = "";
  let token: string | undefined;
  const server = createServer((request, response) => {
    token = request.headers.authorization;
    request.on("data", (bytes) => {
      body += String(bytes);
    });
    request.on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const file = join(folder, "alerts.jsonl");
  const web = `http://127.0.0.1:${port}/`;
  const ended = await run("--sink", "stdout", "--sink", `file:${file}`, "--sink", web);
  server.close();
  assert.equal(ended.code, 0, ended.stderr);
  const alert = JSON.parse(ended.stdout) as { readonly event: { readonly kind: string } };
  assert.equal(alert.event.kind, "alert");
  assert.equal(readFileSync(file, "utf8"), ended.stdout);
  assert.equal(body, ended.stdout);
  assert.equal(token, "Bearer abc");
});

test("what a receiver that is away was owed is counted at the end", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const ended = await run("--sink", `http://127.0.0.1:${port}/`);
  assert.equal(ended.code, 2);
  const summary = JSON.parse(ended.stdout) as {
    readonly alerts: number;
    readonly lost_alerts: number;
  };
  assert.deepEqual([summary.alerts, summary.lost_alerts], [1, 1]);
  assert.match(ended.stderr, /the receiver can't be reached/);
});

test("a run whose sink can't be opened ends, whatever its sources are", async () => {
  const socket = `socket:${join(folder, "events.sock")}`;
  const ended = await run("--source", socket, "--sink", `file:${join(folder, "no", "file")}`);
  assert.equal(ended.code, 2);
  assert.match(ended.stderr, /sink file:.*no such file or folder/);
});

test("a sink that can't be is exit code 2 before anything is read", async () => {
  const { code, stderr } = await run("--sink", "nowhere");
  assert.equal(code, 2);
  assert.match(stderr, /unknown sink nowhere/);
});

test("alerts go over TLS to who is trusted by --sink-ca", { skip: whyNoCertificates }, async () => {
  let body = "";
  const { key, cert, path } = makeCertificate(folder, "receiver", "IP:127.0.0.1");
  const server = createSecureServer({ key, cert }, (request, response) => {
    request.on("data", (bytes) => {
      body += String(bytes);
    });
    request.on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const web = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const trusted = await run("--sink", web, "--sink-ca", path);
  assert.equal(trusted.code, 0, trusted.stderr);
  assert.match(body, /"kind":"alert"/);
  const wrong = await run("--sink", web, "--sink-ca", rule);
  assert.equal(wrong.code, 2);
  server.close();
  server.closeAllConnections();
});
