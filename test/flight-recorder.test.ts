/** Every slice of a run over a recording replays to its alert, whether the ring held all of the recording or little. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { FlightReport } from "../src/agent/flight/flight-recorder.ts";
import { inspectLogs } from "../src/agent/inspect.ts";
import { prepareRules } from "../src/agent/prepare.ts";
import { replay } from "../src/agent/replay.ts";
import type { Alert } from "../src/alert/alert.ts";
import { digestLine } from "../src/alert/digest.ts";
import { defaultLimits } from "../src/base/limits.ts";
import { engineVersion } from "../src/engine/version.ts";
import { interpretBackend } from "../src/predicate/interpret/interpret.ts";
import { CallingSink } from "../src/sink/calling-sink.fixture.ts";

const program = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kestrel-flight-"));
after(() => rmSync(folder, { recursive: true }));

const recording: string = gunzipSync(readFileSync("examples/techniques.jsonl.gz")).toString();
const { compiled } = prepareRules({
  rules: ["rules"],
  only: [],
  disable: [],
  limits: defaultLimits,
});

interface AlertLine {
  readonly event: { readonly id: string };
  readonly kestrel: { readonly slice?: string; readonly match: readonly unknown[] };
}

interface Flown {
  readonly alerts: readonly AlertLine[];
  readonly digest: string;
  readonly report: FlightReport;
  readonly slices: string;
}

/** `kestrel run` over the recording. */
function fly(name: string, ...flags: readonly string[]): Flown {
  const slices = join(folder, name);
  const path = join(folder, `${name}.jsonl`);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      ...[program, "run", "--source", "-", "--rules", "rules", "--alerts", path],
      ...["--format", "json", "--flight-slices", slices, ...flags],
    ],
    { input: recording, encoding: "utf8", maxBuffer: 0x4000000 },
  );
  assert.equal(status, 0, stderr);
  const { digest, flight_recorder: report } = JSON.parse(stdout);
  const alerts = readFileSync(path, "utf8").trimEnd().split("\n");
  return { alerts: alerts.map((line) => JSON.parse(line)), digest, report, slices };
}

/** All alerts of a recording, by id. */
async function alertsOf(path: string): Promise<ReadonlyMap<string, Alert>> {
  const found = new Map<string, Alert>();
  await replay({
    inputs: [path],
    rules: compiled.set,
    backend: interpretBackend,
    limits: defaultLimits,
    engineVersion,
    sinks: [new CallingSink((alert) => found.set(alert.id, alert))],
    onProblem: (message) => assert.fail(message),
    onNotice: (message) => assert.fail(message),
  });
  return found;
}

test("slices of a ring that holds all replay to the same alerts, and change no digest", async () => {
  const { alerts, report, slices, digest } = fly("whole", "--flight-recorder", "64MB");
  const plain = spawnSync(
    process.execPath,
    [program, "run", "--source", "-", "--rules", "rules", "--alerts", "/dev/null"],
    { input: recording, encoding: "utf8" },
  );
  assert.equal(JSON.parse(plain.stdout).digest, digest);
  assert.ok(alerts.length >= 40);
  const { written, incomplete, refused, failed } = report.slices;
  assert.deepEqual([written, incomplete, refused, failed], [alerts.length, 0, 0, 0]);
  assert.equal(readdirSync(slices).length, alerts.length);
  const all = await alertsOf("examples/techniques.jsonl.gz");
  for (const { event, kestrel } of alerts) {
    assert.equal(kestrel.slice, `${event.id}.klog`);
    const again = (await alertsOf(join(slices, kestrel.slice))).get(event.id);
    assert.ok(again !== undefined, kestrel.slice);
    assert.equal(digestLine(again), digestLine(all.get(event.id)!));
    assert.deepEqual(
      again.match.map((step) => step.event && JSON.parse(step.event)),
      kestrel.match.map((step) => (step as { event: unknown }).event),
    );
  }
});

/** How many slices don't replay to their alert. */
async function countMissing({ alerts, slices }: Flown): Promise<number> {
  let missing = 0;
  for (const { event, kestrel } of alerts) {
    const again = await alertsOf(join(slices, kestrel.slice ?? ""));
    if (!again.has(event.id)) missing += 1;
  }
  return missing;
}

test("slices of a ring that the events of sequences had left replay to the same alerts too", async () => {
  // With a log beside it events are parsed before they are evaluated.
  const log = join(folder, "all.klog");
  const flown = fly("small", "--flight-recorder", "256KB", "--record", log);
  const { overwritten, slices } = flown.report;
  assert.ok(overwritten > 400, `${overwritten} records were overwritten`);
  assert.deepEqual([slices.written, slices.incomplete], [flown.alerts.length, 0]);
  assert.equal(await countMissing(flown), 0);
  assert.equal((await alertsOf(log)).size, flown.alerts.length);
});

test("where memory is too small for the lineage of processes, what does not replay is counted", async () => {
  const flown = fly("tiny", "--flight-recorder", "64KB");
  const { lineage_evicted: evicted, slices } = flown.report;
  assert.ok(evicted > 0);
  assert.equal(slices.written, flown.alerts.length);
  assert.ok(slices.incomplete > 0 && slices.incomplete < 5, `${slices.incomplete} incomplete`);
  assert.equal(await countMissing(flown), slices.incomplete);
  const { slices: described } = inspectLogs([flown.slices], defaultLimits);
  assert.equal(described?.length, flown.alerts.length);
  const incomplete = described.filter((slice) => slice["replays_to"] !== "same");
  assert.equal(incomplete.length, slices.incomplete);
});
