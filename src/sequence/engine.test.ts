import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultLimits } from "../base/limits.ts";
import type { KeyPlan } from "../ir/plan.ts";
import type { FieldId } from "../schema/type.ts";
import { createSequenceEngine } from "./engine.ts";
import {
  createEvent,
  keyField,
  keyPlan,
  otherField,
  Stream,
  samplePlan,
  sequencePlan,
  stepPlan,
  valueField,
} from "./stream.fixture.ts";

describe("pending matches", () => {
  it("lets the newest start replace an older one", () => {
    const stream = new Stream([sequencePlan("a b", 10n)]);
    stream.feed({ at: 0, on: [0] }, { at: 8, on: [0] }, { at: 12, on: [1] });
    assert.deepEqual(stream.orders, [[2, 3]]);
  });

  it("fires a completion once", () => {
    const stream = new Stream([sequencePlan("a b")]);
    stream.feed({ at: 0, on: [0] }, { at: 1, on: [1] }, { at: 2, on: [1] });
    assert.deepEqual(stream.orders, [[1, 2]]);
  });

  it("lets one event serve two partial matches but never two steps of one", () => {
    const stream = new Stream([sequencePlan("a b")]);
    stream.feed({ at: 0, on: [0, 1] }, { at: 1, on: [0, 1] }, { at: 1, on: [0, 1] });
    assert.deepEqual(stream.orders, [
      [1, 2],
      [2, 3],
    ]);
  });

  it("moves a partial match out of its state", () => {
    const stream = new Stream([sequencePlan("a b c")]);
    stream.feed({ at: 0, on: [0] }, { at: 1, on: [1] }, { at: 2, on: [1] }, { at: 3, on: [2] });
    assert.deepEqual(stream.orders, [[1, 2, 4]]);
  });

  it("counts maxspan from the first event, inclusive to the nanosecond", () => {
    const stream = new Stream([sequencePlan("a b c", 10n)]);
    stream.feed({ at: 0, on: [0] }, { at: 9, on: [1] }, { at: 10, on: [2] });
    stream.feed({ at: 20, on: [0] }, { at: 29, on: [1] }, { at: 31, on: [2] });
    assert.deepEqual(stream.orders, [[1, 2, 3]]);
  });

  it("tells the times, the keys and the evidence of a match", () => {
    const stream = new Stream([sequencePlan("a b", 10n)]);
    stream.feed({ at: 3, on: [0], json: '{"x":1}' }, { at: 5, on: [1], json: '{"x":2}' });
    assert.deepEqual(stream.matches, [
      {
        rule: 0,
        steps: [
          { step: 0, event: { order: 1, timeNs: 3n, json: '{"x":1}' } },
          { step: 1, event: { order: 2, timeNs: 5n, json: '{"x":2}' } },
        ],
        keys: ["k"],
        firstNs: 3n,
        lastNs: 5n,
        decidedNs: 5n,
        lastOrder: 2,
        evicted: false,
        absence: false,
      },
    ]);
  });
});

describe("join keys", () => {
  it("keeps keys apart", () => {
    const stream = new Stream([sequencePlan("a b")]);
    stream.feed({ at: 0, on: [0], key: "x" }, { at: 1, on: [1], key: "y" });
    stream.feed({ at: 2, on: [1], key: "x" });
    assert.deepEqual(stream.orders, [[1, 3]]);
  });

  it("lets no event without a key take part, unless the key is optional", () => {
    const inputs = [
      { at: 0, on: [0], key: null },
      { at: 1, on: [1], key: null },
    ];
    const optional = sequencePlan("a b", null, { keys: [keyPlan(keyField, true)] });
    assert.deepEqual(new Stream([sequencePlan("a b")]).feed(...inputs).orders, []);
    const stream = new Stream([optional]).feed(...inputs);
    assert.deepEqual(stream.orders, [[1, 2]]);
    assert.deepEqual(stream.matches[0]?.keys, [null]);
  });

  it("tells null from the text null", () => {
    const stream = new Stream([sequencePlan("a b", null, { keys: [keyPlan(keyField, true)] })]);
    for (const text of ["null", "", "-"]) {
      stream.feed({ at: 0, on: [0], key: null }, { at: 1, on: [1], key: text });
    }
    assert.deepEqual(stream.orders, []);
  });

  it("does not confuse the borders of two key values", () => {
    const keys = [keyPlan(keyField), keyPlan(otherField)];
    const plan = sequencePlan("a b", null, { keys });
    const found: unknown[] = [];
    const engine = createSequenceEngine([{ plan, residual: null }], defaultLimits, (match) => {
      found.push(match);
    });
    const event = (order: number, one: string, two: string) =>
      createEvent(
        order,
        0n,
        new Map([
          [keyField, [one]],
          [otherField, [two]],
        ]),
      );
    engine.accept(0, [0], false, event(1, "1:a", "b"));
    engine.accept(0, [1], false, event(2, "1", ":ab"));
    assert.deepEqual(found, []);
  });
});

describe("several join keys", () => {
  it("takes part with every combination of several values, each once", () => {
    const keys = [keyPlan(keyField), keyPlan(otherField)];
    const plan = sequencePlan("a b", null, { keys });
    const found: (readonly (string | null)[])[] = [];
    const engine = createSequenceEngine([{ plan, residual: null }], defaultLimits, (match) => {
      found.push(match.keys);
    });
    const values = new Map([
      [keyField, ["y", "x", "y"]],
      [otherField, ["1", "2"]],
    ]);
    engine.accept(0, [0], false, createEvent(1, 0n, values));
    engine.accept(0, [1], false, createEvent(2, 0n, values));
    assert.deepEqual(found, [
      ["x", "1"],
      ["x", "2"],
      ["y", "1"],
      ["y", "2"],
    ]);
  });

  it("counts the combinations beyond the limit", () => {
    const limits = { ...defaultLimits, keyCombinations: 2 };
    const rule = { plan: sequencePlan("a b"), residual: null };
    const engine = createSequenceEngine([rule], limits, () => {});
    engine.accept(0, [0], false, createEvent(1, 0n, new Map([[keyField, ["1", "2", "3"]]])));
    assert.equal(engine.counters(0).keysCut, 1);
    assert.equal(engine.counters(0).live, 2);
  });

  it("uses each step's own key fields", () => {
    const plan = {
      ...sequencePlan("a b"),
      steps: [stepPlan({ keys: [keyPlan(keyField)] }), stepPlan({ keys: [keyPlan(otherField)] })],
    };
    const found: number[] = [];
    const engine = createSequenceEngine([{ plan, residual: null }], defaultLimits, (match) => {
      found.push(match.lastOrder);
    });
    const event = (order: number, field: FieldId) =>
      createEvent(order, 0n, new Map([[field, ["v"]]]));
    engine.accept(0, [0], false, event(1, keyField));
    engine.accept(0, [1], false, event(2, keyField));
    engine.accept(0, [1], false, event(3, otherField));
    assert.deepEqual(found, [3]);
  });

  it("takes a key that is a literal null as null", () => {
    const key: KeyPlan = { field: keyField, optional: true, alwaysNull: true };
    const stream = new Stream([sequencePlan("a b", null, { keys: [key] })]);
    stream.feed({ at: 0, on: [0], key: "x" }, { at: 1, on: [1], key: "y" });
    assert.deepEqual(stream.orders, [[1, 2]]);
  });
});

describe("until", () => {
  const plan = sequencePlan("a b", null, { until: true });

  it("ends what is pending although it is no step", () => {
    const stream = new Stream([plan]);
    stream.feed({ at: 0, on: [0] }, { at: 1, until: true }, { at: 2, on: [1] });
    assert.deepEqual(stream.orders, []);
  });

  it("lets the event that also completes complete", () => {
    const stream = new Stream([plan]);
    stream.feed({ at: 0, on: [0] }, { at: 1, on: [1], until: true });
    assert.deepEqual(stream.orders, [[1, 2]]);
  });

  it("ends a partial match whose last event is the until event itself", () => {
    const stream = new Stream([plan]);
    stream.feed({ at: 0, on: [0], until: true }, { at: 1, on: [1] });
    assert.deepEqual(stream.orders, []);
  });

  it("ends only its own key", () => {
    const stream = new Stream([plan]);
    stream.feed({ at: 0, on: [0] }, { at: 1, until: true, key: "other" }, { at: 2, on: [1] });
    assert.deepEqual(stream.orders, [[1, 3]]);
  });

  it("ends a run", () => {
    const stream = new Stream([sequencePlan("a*2 b", null, { until: true })]);
    stream.feed({ at: 0, on: [0] }, { at: 1, until: true }, { at: 2, on: [0] });
    stream.feed({ at: 3, on: [0] }, { at: 4, on: [1] });
    assert.deepEqual(stream.orders, [[3, 4, 5]]);
  });
});

describe("runs", () => {
  it("overlap as copies of the step would", () => {
    const stream = new Stream([sequencePlan("a*3")]);
    for (const at of [1, 2, 3, 4, 5, 6])
      stream.feed({ at, on: [2, 4, 5, 6].includes(at) ? [0] : [] });
    assert.deepEqual(stream.orders, [
      [2, 4, 5],
      [4, 5, 6],
    ]);
  });

  it("hold the newest window for the next step", () => {
    const stream = new Stream([sequencePlan("a*2 b")]);
    for (const at of [1, 2, 3]) stream.feed({ at, on: [0] });
    stream.feed({ at: 4, on: [1] }, { at: 5, on: [1] });
    assert.deepEqual(stream.orders, [[2, 3, 4]]);
  });

  it("obey maxspan from the first event of the window", () => {
    const stream = new Stream([sequencePlan("a*3", 4n)]);
    for (const at of [0, 3, 5, 7, 8]) stream.feed({ at, on: [0] });
    assert.deepEqual(stream.orders, [
      [2, 3, 4],
      [3, 4, 5],
    ]);
  });

  it("cost no more than the events that they hold", () => {
    const stream = new Stream([sequencePlan("a*1000 b")]);
    for (let at = 0; at < 20_000; at += 1) stream.feed({ at, on: [0] });
    assert.equal(stream.engine.counters(0).live, 1000);
    stream.feed({ at: 20_000, on: [1] });
    assert.equal(stream.matches.length, 1);
    assert.equal(stream.orders[0]?.[0], 19_001);
    assert.equal(stream.orders[0]?.length, 1001);
  });
});

describe("residuals", () => {
  const plan = {
    ...sequencePlan("a b"),
    steps: [stepPlan({ captures: [valueField] }), stepPlan({ residual: stepPlan().predicate })],
  };

  it("leave the partial match in place where they are false", () => {
    const stream = new Stream([plan], {}, (_, earlier, event) => {
      return earlier[0]?.get(valueField)?.[0] === event.keyTexts(valueField)[0];
    });
    stream.feed({ at: 0, on: [0], value: "x" }, { at: 1, on: [1], value: "y" });
    stream.feed({ at: 2, on: [1], value: "x" });
    assert.deepEqual(stream.orders, [[1, 3]]);
  });

  it("see null for a step that captures nothing", () => {
    const seen: unknown[] = [];
    const bare = { ...plan, steps: [stepPlan(), plan.steps[1]!] };
    const stream = new Stream([bare], {}, (step, earlier) => {
      seen.push([step, ...earlier]);
      return true;
    });
    stream.feed({ at: 0, on: [0] }, { at: 1, on: [1] });
    assert.deepEqual(seen, [[1, null, null]]);
  });
});

describe("missing events", () => {
  it("in the middle discard only strictly between their neighbours", () => {
    const stream = new Stream([sequencePlan("a ! b", 10n)]);
    stream.feed({ at: 0, on: [0] }, { at: 1, on: [1] }, { at: 2, on: [2] });
    stream.feed({ at: 3, on: [0] }, { at: 3, on: [1] }, { at: 5, on: [1] }, { at: 5, on: [2] });
    assert.deepEqual(stream.orders, [[4, null, 7]]);
    assert.equal(stream.matches[0]?.absence, true);
  });

  it("in the middle never revive what the doomed candidate has overwritten", () => {
    const stream = new Stream([sequencePlan("a b ! c", 20n)]);
    stream.feed({ at: 0, on: [0] }, { at: 1, on: [1] });
    stream.feed({ at: 2, on: [0] }, { at: 3, on: [1] }, { at: 4, on: [2] }, { at: 5, on: [3] });
    stream.feed({ at: 6, on: [3] });
    assert.deepEqual(stream.orders, []);
  });

  it("before the first step discard within maxspan of the last event", () => {
    const stream = new Stream([sequencePlan("! a b", 10n)]);
    stream.feed({ at: 0, on: [0] }, { at: 3, on: [1] }, { at: 10, on: [2] });
    stream.feed({ at: 20, on: [0] }, { at: 23, on: [1] }, { at: 31, on: [2] });
    assert.deepEqual(stream.orders, [[null, 5, 6]]);
  });

  it("after the last step wait until event time has passed the deadline", () => {
    const stream = new Stream([sequencePlan("a b !", 10n)]);
    stream.feed({ at: 0, on: [0] }, { at: 4, on: [1] });
    stream.engine.advance(10n);
    assert.deepEqual(stream.orders, []);
    assert.equal(stream.engine.pending, 1);
    stream.engine.advance(11n);
    assert.deepEqual(stream.orders, [[1, 2, null]]);
    assert.equal(stream.matches[0]?.decidedNs, 10n);
    assert.equal(stream.engine.pending, 0);
  });

  it("after the last step discard up to the deadline, inclusive", () => {
    const stream = new Stream([sequencePlan("a b !", 10n)]);
    stream.feed({ at: 0, on: [0] }, { at: 4, on: [1] }, { at: 4, on: [2] });
    assert.equal(stream.engine.pending, 1);
    stream.feed({ at: 10, on: [2] });
    assert.equal(stream.engine.finish(true), 0);
    assert.deepEqual(stream.orders, []);
  });
});

describe("missing events on both sides and at the end", () => {
  it("on both sides discard only if they are within maxspan of one another", () => {
    const plan = sequencePlan("! a b !", 10n);
    const near = new Stream([plan]);
    near.feed({ at: 0, on: [0] }, { at: 1, on: [1] }, { at: 2, on: [2] }, { at: 10, on: [3] });
    near.engine.finish(true);
    assert.deepEqual(near.orders, []);
    const far = new Stream([plan]);
    far.feed({ at: 0, on: [0] }, { at: 1, on: [1] }, { at: 2, on: [2] }, { at: 11, on: [3] });
    assert.deepEqual(far.orders, [[null, 2, 3, null]]);
    assert.equal(far.matches[0]?.decidedNs, 10n);
  });

  it("on both sides are decided at completion when none came before", () => {
    const stream = new Stream([sequencePlan("! a b !", 10n)]);
    stream.feed({ at: 1, on: [1] }, { at: 2, on: [2] });
    assert.deepEqual(stream.orders, [[null, 1, 2, null]]);
    assert.equal(stream.matches[0]?.decidedNs, 2n);
  });

  it("repeat their placeholder with runs", () => {
    const stream = new Stream([sequencePlan("a !*3 b", 10n)]);
    stream.feed({ at: 1, on: [0] }, { at: 2, on: [2] });
    assert.deepEqual(stream.orders, [[1, null, null, null, 2]]);
    assert.deepEqual(
      stream.matches[0]?.steps.map((step) => step.step),
      [0, 1, 1, 1, 2],
    );
  });

  it("stay undecided at the end unless the end decides", () => {
    const stream = new Stream([sequencePlan("a b !", 10n)]);
    stream.feed({ at: 0, on: [0] }, { at: 4, on: [1] });
    assert.equal(stream.engine.finish(false), 1);
    assert.deepEqual(stream.orders, []);
    assert.equal(stream.engine.finish(true), 0);
    assert.deepEqual(stream.orders, [[1, 2, null]]);
  });

  it("fire their deadlines in the order of deadline, rule and key", () => {
    const plan = sequencePlan("a b !", 10n);
    const stream = new Stream([plan, plan, sequencePlan("a b !", 8n)]);
    for (const on of [[0], [1]]) {
      for (const rule of [2, 1, 0])
        for (const key of ["y", "x"]) stream.feed({ at: 0, on, rule, key });
    }
    stream.engine.advance(100n);
    assert.deepEqual(
      stream.matches.map((match) => `${match.rule}${match.keys[0]}`),
      ["2x", "2y", "0x", "0y", "1x", "1y"],
    );
  });

  it("forget their times after maxspan", () => {
    const stream = new Stream([sequencePlan("! a b", 10n)]);
    for (let i = 0; i < 100; i += 1) stream.feed({ at: i, on: [0], key: `k${i}` });
    stream.engine.advance(1000n);
    assert.equal(stream.engine.bytes, 0);
    assert.equal(stream.engine.counters(0).live, 0);
  });
});

describe("the bounded store", () => {
  it("evicts the least recently advanced, never the newest", () => {
    const stream = new Stream([sequencePlan("a b c")], { partialsPerRule: 2 });
    stream.feed({ at: 0, on: [0], key: "x" }, { at: 1, on: [0], key: "y" });
    stream.feed({ at: 2, on: [1], key: "x" }, { at: 3, on: [0], key: "z" });
    assert.equal(stream.engine.counters(0).evicted, 1);
    for (const key of ["x", "y", "z"])
      stream.feed({ at: 4, on: [1], key }, { at: 5, on: [2], key });
    assert.deepEqual(
      stream.matches.map((match) => match.keys[0]),
      ["x", "z"],
    );
  });

  it("keeps the newest even where the quota is one", () => {
    const stream = new Stream([sequencePlan("a b")], { partialsPerRule: 1, partialBytes: 1 });
    stream.feed({ at: 0, on: [0], key: "x" }, { at: 1, on: [0], key: "y" });
    stream.feed({ at: 2, on: [1], key: "x" }, { at: 3, on: [1], key: "y" });
    assert.deepEqual(stream.orders, [[2, 4]]);
  });

  it("marks matches that span an eviction, and only those", () => {
    const stream = new Stream([sequencePlan("a b")], { partialsPerRule: 2 });
    stream.feed({ at: 0, on: [0], key: "x" }, { at: 1, on: [0], key: "y" });
    stream.feed({ at: 2, on: [0], key: "z" }, { at: 3, on: [1], key: "y" });
    stream.feed({ at: 5, on: [0], key: "y" }, { at: 6, on: [1], key: "y" });
    assert.equal(stream.engine.counters(0).evicted, 1);
    assert.deepEqual(
      stream.matches.map((match) => match.evicted),
      [true, false],
    );
  });

  it("evicts another rule's partial matches for the byte budget, and charges that rule", () => {
    const plans = [sequencePlan("a b"), sequencePlan("a b")];
    const stream = new Stream(plans, { partialBytes: 6000 });
    const json = "x".repeat(1000);
    stream.feed({ at: 0, on: [0], json }, { at: 1, on: [0], rule: 1, key: "p", json });
    stream.feed({ at: 2, on: [0], rule: 1, key: "q", json });
    assert.equal(stream.engine.counters(0).evicted, 1);
    assert.equal(stream.engine.counters(1).evicted, 0);
    assert.ok(stream.engine.bytes <= 6000);
  });

  it("keeps one key within its quota", () => {
    const stream = new Stream([sequencePlan("a*10")], { partialsPerKey: 4 });
    for (let at = 0; at < 10; at += 1) stream.feed({ at, on: [0] });
    const { live, evicted } = stream.engine.counters(0);
    assert.deepEqual([live, evicted], [4, 6]);
  });

  it("marks the absence that rests on an evicted memory of a missing event", () => {
    const stream = new Stream([sequencePlan("! a b", 10n)], { partialsPerRule: 2 });
    stream.feed({ at: 0, on: [0], key: "x" }, { at: 1, on: [0], key: "y" });
    stream.feed({ at: 2, on: [0], key: "z" });
    stream.feed({ at: 4, on: [1], key: "x" }, { at: 5, on: [2], key: "x" });
    assert.deepEqual(
      stream.matches.map((match) => match.evicted),
      [true],
    );
  });

  it("counts what expires and leaves nothing behind", () => {
    const stream = new Stream([sequencePlan("a b", 5n), sequencePlan("a*3 b", 5n)]);
    for (let at = 0; at < 50; at += 1) {
      stream.feed({ at, on: [0], key: `k${at}` }, { at, on: [0], key: `k${at}`, rule: 1 });
    }
    assert.equal(stream.engine.counters(0).live, 6);
    stream.engine.advance(1000n);
    assert.equal(stream.engine.bytes, 0);
    assert.deepEqual(
      [0, 1].map((rule) => stream.engine.counters(rule).expired),
      [50, 50],
    );
  });
});

describe("samples", () => {
  it("take one event per filter in any order and fire at once", () => {
    const stream = new Stream([samplePlan(2, 10n)]);
    stream.feed({ at: 0, on: [1] }, { at: 10, on: [0] });
    assert.deepEqual(stream.orders, [[2, 1]]);
    assert.deepEqual([stream.matches[0]?.firstNs, stream.matches[0]?.decidedNs], [0n, 10n]);
  });

  it("need distinct events", () => {
    const stream = new Stream([samplePlan(2, 10n)]);
    stream.feed({ at: 0, on: [0, 1] });
    assert.deepEqual(stream.orders, []);
    stream.feed({ at: 1, on: [0] });
    assert.deepEqual(stream.orders, [[2, 1]]);
  });

  it("fire once per key and window", () => {
    const stream = new Stream([samplePlan(2, 10n)]);
    stream.feed({ at: 0, on: [0] }, { at: 1, on: [1] }, { at: 2, on: [0] }, { at: 11, on: [1] });
    assert.deepEqual(stream.orders, [[1, 2]]);
    stream.feed({ at: 12, on: [1] });
    assert.deepEqual(stream.orders.at(-1), [3, 5]);
  });

  it("leave nothing behind", () => {
    const stream = new Stream([samplePlan(3, 10n)]);
    for (let at = 0; at < 40; at += 1) stream.feed({ at, on: [0, 1], key: `k${at % 3}` });
    assert.ok(stream.engine.counters(0).livePeak <= 3 * 2 * 3);
    stream.engine.advance(1000n);
    assert.equal(stream.engine.bytes, 0);
  });
});
