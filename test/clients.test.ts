/** The example clients of the event API, each against a real socket. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { buildSync } from "esbuild";
import { defaultLimits } from "../src/base/limits.ts";
import { openSocketSource, socketOffer } from "../src/collect/socket/socket-source.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-clients-"));
after(() => rmSync(folder, { recursive: true }));
const clients = join(process.cwd(), "examples/clients");
const isServed = socketOffer().available;

function lacks(command: string): string | false {
  if (!isServed) return "peers are named on Linux only";
  const { status } = spawnSync(command, ["--version"], { stdio: "ignore" });
  return status === 0 ? false : `${command} is not installed`;
}

/** Sends `input` with a client; its exit code, and how many events arrived. */
async function send(command: readonly string[], input: string): Promise<[number | null, number]> {
  const path = join(folder, "api.sock");
  const source = await openSocketSource({ path, limits: defaultLimits });
  const stop = new AbortController();
  let events = 0;
  const reading = (async () => {
    for await (const items of source.items(stop.signal)) {
      events += items.filter((item) => typeof item === "string" && item.includes('"peer"')).length;
    }
  })();
  const child = spawn(command[0]!, [...command.slice(1), path], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  stop.abort();
  await reading;
  return [code, events];
}

async function testClient(command: readonly string[]): Promise<void> {
  const good = '{"event":{"category":"process"}}\n'.repeat(3000);
  assert.deepEqual(await send(command, good), [0, 3000]);
  assert.deepEqual(await send(command, '{"a":1}\n\nnonsense\n{"a":2}\n'), [1, 2]);
}

test("the client in Python", { skip: lacks("python3") }, async () => {
  await testClient(["python3", join(clients, "send.py")]);
});

test("the client in C", { skip: lacks("cc") }, async () => {
  const program = join(folder, "send");
  const flags = ["-Wall", "-Wextra", "-Werror", "-O1", "-D_GNU_SOURCE"];
  const built = spawnSync("cc", [...flags, "-o", program, join(clients, "send.c")], {
    encoding: "utf8",
  });
  assert.equal(built.status, 0, built.stderr);
  await testClient([program]);
});

test("the client in TypeScript", { skip: isServed ? false : lacks("node") }, async () => {
  const outfile = join(folder, "send.mjs");
  buildSync({ entryPoints: [join(clients, "send.ts")], outfile, format: "esm", platform: "node" });
  await testClient([process.execPath, outfile]);
});
