/** Kills a recording at random moments and looks at what is left: nothing that was acknowledged is lost. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Prng } from "../../src/base/prng.ts";
import { readLog } from "../../src/log/log.fixture.ts";

const program = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

export interface KillTally {
  readonly rounds: number;
  /** Events that were acknowledged, of those that were found. */
  acknowledged: number;
  found: number;
  /** Rounds after which the last block was torn. */
  torn: number;
}

/** One recording that was killed: its first event, and how many were acknowledged. */
interface Session {
  readonly first: number;
  readonly acknowledged: number;
}

/** Every third round begins a log, the others continue it. */
export async function killRounds(rounds: number, seed: number): Promise<KillTally> {
  const random = new Prng(seed);
  const folder = mkdtempSync(join(tmpdir(), "kestrel-kill-"));
  const tally: KillTally = { rounds, acknowledged: 0, found: 0, torn: 0 };
  try {
    let path = "";
    let sessions: Session[] = [];
    let next = 0;
    for (let round = 0; round < rounds; round += 1) {
      if (round % 3 === 0) {
        path = join(folder, `${round}.klog`);
        sessions = [];
        next = 0;
      }
      const session = await recordAndKill(path, next, random);
      sessions.push({ first: next, acknowledged: session.acknowledged });
      next = session.next;
      check(path, sessions, tally, `seed ${seed}, round ${round}`);
      tally.acknowledged += session.acknowledged;
    }
    return tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Records events from number `first` on until it is killed. */
async function recordAndKill(
  path: string,
  first: number,
  random: Prng,
): Promise<{ readonly acknowledged: number; readonly next: number }> {
  const flags = ["--block-seconds", "0.01", "--segment-size", "0.02", "--acks"];
  const policy = random.pick(["block", "never"]);
  const args = ["record", "--source", "-", "--out", path, "--fsync", policy, ...flags];
  const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (data: Buffer) => {
    printed += data.toString();
  });
  child.stdin.on("error", () => undefined);
  const closed = new Promise((resolve) => child.on("close", resolve));
  let next = first;
  let isRunning = true;
  void closed.then(() => {
    isRunning = false;
  });
  // Large blocks take long to write, so that some are cut.
  const textBytes = random.pick([100, 100, 30_000]);
  const killAfterMs = random.int(300);
  let killing = false;
  while (isRunning) {
    child.stdin.write(eventLines(next, 20, textBytes));
    next += 20;
    await delay(2);
    if (!killing && printed !== "") {
      killing = true;
      setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    }
  }
  await closed;
  const whole = printed.slice(0, printed.lastIndexOf("\n") + 1);
  const acknowledged = whole
    .split("\n")
    .filter((line) => line !== "")
    .reduce((sum, line) => sum + (JSON.parse(line) as { events: number }).events, 0);
  assert.ok(acknowledged > 0, "nothing was acknowledged");
  return { acknowledged, next };
}

/** Events a tenth of a second apart, so that time goes on and none is held back for long. */
function eventLines(first: number, count: number, textBytes: number): string {
  const text = randomBytes(textBytes).toString("base64");
  const lines = Array.from({ length: count }, (_unused, i) => {
    const number = first + i;
    const time = new Date(Date.UTC(2026, 0, 1) + number * 100).toISOString();
    return `${JSON.stringify({ "@timestamp": time, event: { sequence: number }, text: text.slice(number % 50) })}\n`;
  });
  return lines.join("");
}

function check(path: string, sessions: readonly Session[], tally: KillTally, where: string): void {
  const { records, damages } = readLog(path);
  const numbers = records.flatMap((record) => {
    const { event } = JSON.parse(record.slice(record.indexOf(" ") + 1)) as {
      event?: { sequence: number };
    };
    return event === undefined ? [] : [event.sequence];
  });
  const found = new Set(numbers);
  assert.equal(found.size, numbers.length, `${where}: an event is there twice`);
  for (const { first, acknowledged } of sessions) {
    for (let number = first; number < first + acknowledged; number += 1) {
      assert.ok(found.has(number), `${where}: event ${number} was acknowledged and is lost`);
    }
  }
  for (const { why, isTail } of damages) assert.ok(isTail, `${where}: ${why}`);
  assert.ok(damages.length <= sessions.length, where);
  tally.found += numbers.length;
  if (damages.length > 0) tally.torn += 1;
}
