/** Over random streams and rules of all kinds, a slice says truthfully whether it replays to its alert. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { digestLine } from "../../alert/digest.ts";
import { gapJson } from "../../event/stream-record.ts";
import { atSecond, eventText, fly, rulesOf, temporaryFolder } from "./flight.fixture.ts";

const rules = rulesOf({
  "event.eql": 'process where process.name == "a"',
  "pair.eql":
    "sequence by process.entity_id with maxspan=30s [process where true] [network where true]",
  "until.eql":
    'sequence by user.id with maxspan=1h [file where true] [network where true] until [process where process.name == "b"]',
  "runs.eql": "sequence by user.id [network where true] with runs=3",
  "missing.eql":
    "sequence by process.entity_id with maxspan=20s [process where true] ![file where true] [network where true]",
  "trailing.eql":
    'sequence by process.entity_id with maxspan=5s [process where process.name == "c"] ![network where true]',
  "leading.eql":
    'sequence by user.id with maxspan=20s ![file where true] [process where process.name == "d"]',
  "sample.eql": 'sample by host.id [file where process.name == "a"] [network where user.id == "1"]',
  "reference.eql": `sequence by user.id [process where true] as event0
    [file where process.name == event0.process.name] [network where true]`,
  "descendant.eql": 'network where descendant of [process where process.name == "a"]',
  "not.eql": 'file where not descendant of [network where process.name == "b"]',
  "child.eql": 'process where child of [file where user.id == "0"]',
  "nested.eql":
    'network where descendant of [process where process.name == "c" and child of [process where process.name == "a"]]',
  "suppressed.yaml": `id: suppressed
name: s
query: file where process.name == "c"
suppression: { by: [user.id], window: 40s }
`,
});

/** Each process's parent is an older one. */
const parents: readonly (number | null)[] = [null, 0, 0, 1, 1, 2, 3, 5];

const eventArbitrary: fc.Arbitrary<(second: number) => string> = fc
  .record({
    process: fc.nat({ max: parents.length - 1 }),
    name: fc.constantFrom("a", "b", "c", "d"),
    category: fc.constantFrom("process", "file", "network"),
    user: fc.constantFrom("0", "1"),
    hasAncestry: fc.boolean(),
  })
  .map(({ process, name, category, user, hasAncestry }) => {
    const ancestry: string[] = [];
    for (let at = parents[process]!; at !== null; at = parents[at]!) ancestry.push(`p${at}`);
    const [parent] = ancestry;
    return (second) =>
      eventText({
        ...{ second, id: `p${process}`, name, category, user, padding: 1500 },
        ...(parent === undefined ? {} : { parent }),
        ...(hasAncestry ? { ancestry } : {}),
      });
  });

const gapArbitrary: fc.Arbitrary<(second: number) => string> = fc
  .integer({ min: 0, max: 5 })
  .map((length) => (second) => {
    const toNs = atSecond(second);
    return gapJson(
      { source: "s", fromNs: atSecond(second - length), toNs, lost: 1, categories: [] },
      toNs,
    );
  });

const streamArbitrary: fc.Arbitrary<string[]> = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 30, arbitrary: eventArbitrary }, { weight: 1, arbitrary: gapArbitrary }),
      fc.integer({ min: 0, max: 6 }),
    ),
    { minLength: 40, maxLength: 90 },
  )
  .map((items) => {
    let second = 0;
    return items.map(([make, pause], i) => {
      second += pause;
      // No two events are the same, so that neither are two alerts.
      return make(second + i / 1_000_000);
    });
  });

/** Of one stream, the last ones. */
const alertsChecked = 25;

test("a slice says truthfully whether it replays to its alert", async () => {
  const verdicts = new Map<string, number>();
  const property = fc.asyncProperty(
    streamArbitrary,
    fc.constantFrom(0x10000, 0x40000),
    fc.constantFrom(1, 7, 64),
    async (lines, sizeBytes, portion) => {
      const flight = fly(lines, temporaryFolder(after), { rules, sizeBytes, portion });
      assert.equal(flight.report.slices.failed, 0);
      // Replaying takes the time of this test.
      for (const alert of flight.alerts.slice(-alertsChecked)) {
        const { replays_to: verdict } = flight.description(alert.slice);
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        // All that can be missing in these streams is lineage that was forgotten.
        if (flight.report.lineage_evicted === 0) assert.equal(verdict, "same", alert.rule.id);
        const same = (await flight.replay(alert.slice)).filter(({ id }) => id === alert.id);
        const isSame = same.some((other) => digestLine(other) === digestLine(alert));
        const expected = isSame ? "same" : same.length > 0 ? "differs" : "none";
        assert.equal(verdict, expected, alert.rule.id);
      }
    },
  );
  await fc.assert(property, { numRuns: 4 });
  assert.ok((verdicts.get("same") ?? 0) > 50);
});
