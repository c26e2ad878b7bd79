import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KeyPlan } from "../ir/plan.ts";
import type { FieldId } from "../schema/type.ts";
import type { SequenceEvent } from "./contract.ts";
import { KeyReader, keysOf } from "./key.ts";

/** A field's only value as a number that stands for its text, a text without one, or several texts. */
type Value = number | string | readonly string[] | null;

function createEvent(order: number, generation: number, values: readonly Value[]): SequenceEvent {
  const textsOf = (value: Value | undefined): readonly string[] => {
    if (value === null || value === undefined) return [];
    if (typeof value === "number") return [`${generation}/${value}`];
    return typeof value === "string" ? [value] : value;
  };
  return {
    order,
    timeNs: BigInt(order),
    generation,
    keyTexts: (field) => textsOf(values[field]),
    textId: (field) => {
      const value = values[field];
      if (value === null || value === undefined) return 0;
      return typeof value === "number" ? value : -1;
    },
    capture: () => new Map(),
    evidence: () => "{}",
  };
}

test("keys that are remembered are those of the event, for any number of fields", () => {
  const edges = [1, 2, 0x3fffff, 0x400000, 0x400001, 0x3ffffff, 0x4000000, 0x7fffffff];
  const value: fc.Arbitrary<Value> = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...edges) },
    fc.constantFrom("a", "b"),
    fc.constant(null),
    fc.constant(["a", "b"]),
  );
  const event = fc.record({ values: fc.array(value, { maxLength: 4 }), renews: fc.nat(9) });
  const plan = fc.record({ optional: fc.boolean(), alwaysNull: fc.nat(9).map((n) => n === 0) });
  fc.assert(
    fc.property(
      fc.array(plan, { maxLength: 4 }),
      fc.array(event, { maxLength: 40 }),
      (flags, events) => {
        const plans: readonly KeyPlan[] = flags.map((rest, i) => ({
          field: i as FieldId,
          ...rest,
        }));
        const keys = new KeyReader(3).of(plans);
        let generation = 0;
        for (const [order, { values, renews }] of events.entries()) {
          if (renews === 0) generation += 1;
          const made = createEvent(order, generation, values);
          assert.deepEqual(keys.read(made), keysOf(plans, made, 3));
          assert.equal(keys.read(made), keys.read(made));
        }
      },
    ),
    { numRuns: 400 },
  );
});

test("more first values of three fields than there are numbers for", () => {
  const plans = [0, 1, 2].map((field) => {
    return { field: field as FieldId, optional: false, alwaysNull: false };
  });
  const keys = new KeyReader(1).of(plans);
  for (let round = 0; round < 2; round += 1) {
    for (let host = 1; host < 700; host += 1) {
      const event = createEvent(round * 1000 + host, 0, [host, 7, 9]);
      assert.deepEqual(keys.read(event), keysOf(plans, event, 1));
    }
  }
});

test("equal fields are read by one reader", () => {
  const reader = new KeyReader(4);
  const plan = { field: 3 as FieldId, optional: false, alwaysNull: false };
  assert.equal(reader.of([plan]), reader.of([{ ...plan }]));
  assert.notEqual(reader.of([plan]), reader.of([{ ...plan, optional: true }]));
});
