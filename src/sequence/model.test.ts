import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { defaultLimits, type Limits } from "../base/limits.ts";
import type { KeyPlan, SequencePlan } from "../ir/plan.ts";
import type { FieldId } from "../schema/type.ts";
import type { Residual, SequenceCounters, SequenceMatch } from "./contract.ts";
import { createSequenceEngine } from "./engine.ts";
import { naiveFirings, type SampleEvent } from "./naive-sample.fixture.ts";
import { type ModelEvent, type ModelMatch, naiveMatches } from "./naive-sequence.fixture.ts";
import {
  createEvent,
  keyField,
  keyPlan,
  ordersOf,
  otherField,
  samplePlan,
  sequencePlan,
  stepPlan,
  valueField,
} from "./stream.fixture.ts";

/** Holds unless some earlier step's value is greater than the event's. */
const rising: Residual = (_, earlier, event) => {
  const value = event.keyTexts(valueField)[0] ?? "0";
  return earlier.every((captures) => String(captures?.get(valueField)?.[0] ?? "0") <= value);
};

const keysArbitrary: fc.Arbitrary<readonly KeyPlan[]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant([keyPlan()]) },
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.constant([keyPlan(keyField, true), keyPlan(otherField)]) },
  { weight: 1, arbitrary: fc.constant([{ ...keyPlan(otherField, true), alwaysNull: true }]) },
);

const stepArbitrary = fc.record({
  missing: fc.boolean(),
  runs: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4 })),
  hasResidual: fc.boolean(),
  captures: fc.constantFrom<FieldId[]>([], [valueField]),
});

const planArbitrary: fc.Arbitrary<SequencePlan> = fc
  .record({
    keys: keysArbitrary,
    steps: fc.array(stepArbitrary, { minLength: 1, maxLength: 5 }),
    onlyPositive: fc.boolean(),
    maxspanNs: fc.option(fc.bigInt(0n, 12n), { freq: 4 }),
    until: fc.boolean(),
  })
  .map(({ keys, steps, onlyPositive, maxspanNs, until }) => {
    const hasPositive = steps.some((step) => !step.missing);
    const built = steps.map((step, index) => {
      const missing = step.missing && !onlyPositive && (hasPositive || index > 0);
      const residual = step.hasResidual && !missing && index > 0 ? stepPlan().predicate : null;
      return stepPlan({ keys, missing, runs: step.runs, residual, captures: step.captures });
    });
    const needsSpan = built.some((step) => step.missing);
    const base = sequencePlan("a", needsSpan ? (maxspanNs ?? 6n) : maxspanNs, { keys, until });
    return { ...base, steps: built };
  });

const textsArbitrary = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(["a"], ["a"], ["b"]) },
  { weight: 1, arbitrary: fc.constantFrom<string[]>(["a", "b"], ["b", "b"], []) },
);

const streamArbitrary = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.constant(1), fc.integer({ min: 0, max: 4 })),
    steps: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    until: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    key: textsArbitrary,
    other: textsArbitrary,
    value: fc.constantFrom("0", "1", "2"),
  }),
  { minLength: 5, maxLength: 40 },
);

type StreamShape = typeof streamArbitrary extends fc.Arbitrary<infer T> ? T : never;

function buildEvents(shape: StreamShape, steps: number): ModelEvent[] {
  let timeNs = 0n;
  return shape.map((item, index) => {
    timeNs += BigInt(item.wait);
    const texts = new Map([
      [keyField, item.key],
      [otherField, item.other],
      [valueField, [item.value]],
    ]);
    return {
      event: createEvent(index + 1, timeNs, texts),
      steps: [...new Set(item.steps.map((step) => step % steps))].sort((a, b) => a - b),
      until: item.until,
    };
  });
}

interface Outcome {
  readonly matches: readonly SequenceMatch[];
  readonly counters: SequenceCounters;
  /** Bytes and partial matches left when all is over; 0 where there is no maxspan. */
  readonly rest: number;
}

/** Feeds all events; with heartbeats every `beatNs` where that is not 0. */
function run(
  plan: SequencePlan,
  events: readonly ModelEvent[],
  limits: Limits,
  beatNs = 0n,
): Outcome {
  const matches: SequenceMatch[] = [];
  let nowNs = 0n;
  let isOver = false;
  const engine = createSequenceEngine([{ plan, residual: rising }], limits, (match) => {
    const isTimely = match.decidedNs === match.lastNs || match.decidedNs < nowNs || isOver;
    assert.ok(isTimely, "decided too early");
    matches.push(match);
  });
  for (const { event, steps, until } of events) {
    for (; beatNs > 0n && nowNs < event.timeNs; nowNs += beatNs) engine.advance(nowNs);
    nowNs = event.timeNs;
    engine.advance(nowNs);
    engine.accept(0, steps, until && plan.until !== null, event);
  }
  isOver = true;
  engine.finish(true);
  engine.advance(1_000_000n);
  const rest = plan.maxspanNs === null ? 0 : engine.bytes + engine.counters(0).live;
  return { matches, counters: engine.counters(0), rest };
}

function describeMatch(match: ModelMatch): string {
  return JSON.stringify([match.keys, match.orders, String(match.decidedNs)]);
}

describe("the sequence engine", () => {
  it("finds what the naive model finds", () => {
    let found = 0;
    let absences = 0;
    const property = fc.property(planArbitrary, streamArbitrary, (plan, shape) => {
      const events = buildEvents(shape, plan.steps.length);
      const { matches, rest } = run(plan, events, defaultLimits);
      const got = matches.map((match) => describeMatch({ ...match, orders: ordersOf(match) }));
      const expected = naiveMatches(plan, rising, events).map(describeMatch);
      found += got.length;
      absences += matches.filter((match) => match.absence).length;
      assert.deepEqual([...got].sort(), [...expected].sort());
      assert.equal(rest, 0, "something was left behind");
    });
    fc.assert(property, { numRuns: 3000 });
    assert.ok(
      found > 1000 && absences > 200,
      `the streams match too little: ${found}, ${absences}`,
    );
  });

  it("marks under tight limits what the rules do not give, and keeps the limits", () => {
    const limits = { ...defaultLimits, partialsPerRule: 2, partialsPerKey: 2, partialBytes: 1500 };
    let evictions = 0;
    const property = fc.property(planArbitrary, streamArbitrary, (plan, shape) => {
      const events = buildEvents(shape, plan.steps.length);
      const engine = createSequenceEngine([{ plan, residual: rising }], limits, () => {});
      for (const { event, steps, until } of events) {
        engine.accept(0, steps, until && plan.until !== null, event);
        assert.ok(engine.counters(0).live <= 2);
      }
      evictions += engine.counters(0).evicted;
      const { matches } = run(plan, events, limits);
      const expected = new Set(naiveMatches(plan, rising, events).map(describeMatch));
      for (const match of matches) {
        const isExpected = expected.has(describeMatch({ ...match, orders: ordersOf(match) }));
        assert.ok(isExpected || match.evicted, "an unmarked match that the rules do not give");
      }
    });
    fc.assert(property, { numRuns: 1000 });
    assert.ok(evictions > 200, `the limits are not reached: ${evictions}`);
  });

  it("depends on the events only, not on how often it is told the time", () => {
    const limits = { ...defaultLimits, partialsPerRule: 2, partialBytes: 1500 };
    const property = fc.property(planArbitrary, streamArbitrary, (plan, shape) => {
      const events = buildEvents(shape, plan.steps.length);
      const seldom = run(plan, events, limits);
      const often = run(plan, events, limits, 1n);
      assert.deepEqual(often.matches, seldom.matches);
      assert.deepEqual(often.counters, seldom.counters);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe("the sample engine", () => {
  const eventsArbitrary = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 4 }),
      filters: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
      key: fc.constantFrom("a", "b"),
    }),
    { maxLength: 30 },
  );

  it("fires when the naive model does, with a proper choice of events", () => {
    let fired = 0;
    const countArbitrary = fc.integer({ min: 1, max: 4 });
    const property = fc.property(countArbitrary, eventsArbitrary, (count, shape) => {
      const plan = samplePlan(count, 6n);
      let timeNs = 0n;
      const events: SampleEvent[] = shape.map((item, index) => {
        timeNs += BigInt(item.wait);
        const event = createEvent(index + 1, timeNs, new Map([[keyField, [item.key]]]));
        const filters = [...new Set(item.filters)].filter((filter) => filter < count);
        return { event, filters: filters.sort((a, b) => a - b), key: item.key };
      });
      const matches: SequenceMatch[] = [];
      const engine = createSequenceEngine([{ plan, residual: null }], defaultLimits, (match) => {
        matches.push(match);
      });
      for (const { event, filters } of events) engine.accept(0, filters, false, event);
      fired += matches.length;
      assert.deepEqual(
        matches.map((match) => ({ key: match.keys[0], order: match.lastOrder })),
        naiveFirings(plan, events),
      );
      for (const match of matches) checkChoice(match, events, count);
    });
    fc.assert(property, { numRuns: 1000 });
    assert.ok(fired > 300, `the streams fire too little: ${fired}`);
  });
});

function checkChoice(match: SequenceMatch, events: readonly SampleEvent[], count: number): void {
  const orders = ordersOf(match);
  assert.equal(new Set(orders).size, count);
  assert.ok(orders.includes(match.lastOrder));
  assert.ok(match.lastNs - match.firstNs <= 6n);
  for (const [filter, order] of orders.entries()) {
    const chosen = events[(order ?? 0) - 1];
    assert.ok(chosen?.filters.includes(filter) && chosen.key === match.keys[0]);
  }
}
