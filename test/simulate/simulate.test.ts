/** Simulations in short, and proof that their checkers can fail; `npm run simulate` runs many. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { Alert } from "../../src/alert/alert.ts";
import { checkAccounts } from "./accounts.ts";
import { checkCertainty } from "./certainty.ts";
import { compareModel, compareReplay } from "./comparison.ts";
import { describeSeed } from "./describe.ts";
import type { LiveRun } from "./live-run.ts";
import {
  addTally,
  checkRun,
  checkWhole,
  digestOf,
  emptyTally,
  type Play,
  play,
  simulate,
} from "./simulate.ts";

const firstSeed = Number(process.env["SEED"] ?? 20_261_124);
const seeds = 12;
/** The search for a simulation with what a test needs begins here, where there is one now. */
const likelySeed = 7;

it(`every checker is content with ${seeds} simulations from seed ${firstSeed} on`, async () => {
  let tally = emptyTally;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const { problems, tally: one } = await simulate(seed);
    assert.deepEqual(problems, [], describeSeed(seed, problems));
    tally = addTally(tally, one);
  }
  const { alerts, sequences, degraded, suppressed, rejected, dropped, late, swaps } = tally;
  const tried = { alerts, sequences, degraded, suppressed, rejected, dropped, late, swaps };
  for (const [name, count] of Object.entries(tried)) assert.ok(count > 0, `no ${name}`);
  assert.ok(tally.runs > seeds && tally.segments > tally.runs, "no restarts, no rotation");
});

let played: Play;
before(async () => {
  played = await playRich();
});

/** The first simulation in whose first run a fault can be planted for each checker. */
async function playRich(): Promise<Play> {
  for (let seed = likelySeed; ; seed += 1) {
    const found = await play(seed);
    const { alerts, summary } = found.runs[0]!;
    const isDegraded = alerts.some(({ confidence }) => confidence === "degraded");
    const isRich = alerts.length > 10 && isDegraded && found.whole.length > 0;
    if (isRich && summary !== null && !found.scenario.isTight) return found;
  }
}

/** A run that dropped events within the window of a sequence. */
async function withCertainLoss(): Promise<{ live: LiveRun; log: Play["logs"][number] }> {
  for (let seed = likelySeed + 1; ; seed += 1) {
    const { runs, logs } = await play(seed);
    for (const [index, live] of runs.entries()) {
      const alerts = live.alerts.map((it) => ({ ...it, confidence: "certain" as const }));
      const log = logs[index]!;
      if (checkCertainty({ ...live, alerts }, log).length > 0) return { live, log };
    }
  }
}

/** What the checkers say of the first run when something of it is changed. */
function check(change: {
  readonly alerts?: (alerts: Alert[]) => Alert[];
  readonly records?: (records: Play["logs"][number]["records"][number][]) => typeof records;
}): string[] {
  const { runs, logs, scenario, ruleSets } = played;
  const { alerts = (all) => all, records = (all) => all } = change;
  const live = { ...runs[0]!, alerts: alerts([...runs[0]!.alerts]) };
  const log = { ...logs[0]!, records: records([...logs[0]!.records]) };
  return checkRun(live, log, scenario, ruleSets);
}

function says(problems: readonly string[], ...expected: readonly RegExp[]): void {
  for (const pattern of expected) {
    assert.ok(
      problems.some((problem) => pattern.test(problem)),
      `${pattern} is not among ${problems.join("\n")}`,
    );
  }
}

describe("faults planted among the alerts", () => {
  it("nothing is said where nothing was changed", () => {
    assert.ok(played.runs[0]!.alerts.length > 10);
    assert.deepEqual(check({}), []);
  });

  it("an alert that is missing is told", () => {
    const problems = check({ alerts: (alerts) => alerts.toSpliced(3, 1) });
    says(problems, /alert 3 differs.*live.*replay/s, /alert 3 differs.*live.*model/s);
    says(problems, /written and lost/);
  });

  it("an alert that the whole log lacks is told", () => {
    assert.ok(played.whole.length > 0);
    assert.deepEqual(checkWhole(played), []);
    says(checkWhole({ ...played, whole: played.whole.slice(1) }), /the whole log: alert/);
  });

  it("an alert too many is told", () => {
    const problems = check({ alerts: (alerts) => [...alerts, alerts[0]!] });
    says(problems, /live: .*replay: none/s, /live: .*model: none/s);
  });

  it("alerts in another order are told", () => {
    const problems = check({ alerts: ([one, two, ...rest]) => [two!, one!, ...rest] });
    says(problems, /alert 0 differs.*replay/s, /alert 0 differs.*model/s, /out of order/);
  });

  it("an alert with another event is told", () => {
    const problems = check({
      alerts: ([one, ...rest]) => {
        const other = rest.find(({ match }) => match[0]!.event !== one!.match[0]!.event);
        return [{ ...one!, match: other!.match }, ...rest];
      },
    });
    says(problems, /alert 0 differs.*replay/s, /alert 0 differs.*model/s);
  });

  it("certainty where events were lost is told", () => {
    const problems = check({
      alerts: (alerts) => alerts.map((it) => ({ ...it, confidence: "certain", reasons: [] })),
    });
    says(problems, /differs.*replay/s, /differs.*model/s);
  });
});

describe("faults planted in the log and the counts", () => {
  it("events in another order, one that is missing and one that was never given are told", () => {
    const swapped = check({
      records: (records) => {
        const at = records.findIndex(({ timeNs }, i) => i > 0 && timeNs > records[i - 1]!.timeNs);
        return records.with(at - 1, records[at]!).with(at, records[at - 1]!);
      },
    });
    says(swapped, /older than the one before/);
    const at = played.logs[0]!.records.findIndex(({ kind }) => kind === "event");
    says(check({ records: (records) => records.toSpliced(at, 1) }), /evaluated: /, /missing/);
    const doubled = check({ records: (records) => records.toSpliced(at, 0, records[at]!) });
    says(doubled, /more often than it was given/);
  });

  it("counts that don't add up are told", () => {
    const { runs, logs } = played;
    const [live, log] = [runs[0]!, logs[0]!];
    const summary = live.summary!;
    for (const name of ["events", "evaluated", "rejected", "dropped", "gaps", "late"] as const) {
      const wrong = { ...live, summary: { ...summary, [name]: summary[name] + 1000 } };
      assert.ok(checkAccounts(wrong, log).length > 0, name);
    }
    const [source, ...others] = summary.sources;
    for (const name of ["received", "lost", "dropped", "gaps", "waiting"] as const) {
      const sources = [{ ...source!, [name]: source![name] + 1000 }, ...others];
      assert.ok(checkAccounts({ ...live, summary: { ...summary, sources } }, log).length > 0, name);
    }
  });

  it("a gap record that comes too late is told", async () => {
    const { live, log } = await withCertainLoss();
    assert.deepEqual(checkCertainty(live, log), []);
    const alerts = live.alerts.map((it) => ({ ...it, confidence: "certain" as const }));
    says(checkCertainty({ ...live, alerts }, log), /is certain, but .* was lost/);
  });

  it("lists of which one ends early differ at that place", () => {
    const { alerts } = played.runs[0]!;
    const outcome = { digest: "", evaluated: 0, pending: 0, suppressed: 0 };
    assert.equal(compareReplay(alerts, { ...outcome, alerts }), null);
    assert.match(compareReplay([], { ...outcome, alerts }) ?? "", /alert 0 .*0 live/);
    assert.match(compareModel(alerts, { alerts: [], suppressed: 0, pending: 0 }) ?? "", /none/);
  });

  it("another seed has another digest, the same seed the same", async () => {
    const { seed } = played.scenario;
    assert.equal(digestOf(await play(seed)), digestOf(played));
    assert.notEqual(digestOf(await play(seed + 1)), digestOf(played));
  });
});
