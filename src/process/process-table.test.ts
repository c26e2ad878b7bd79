import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { naiveAncestry } from "./naive-lineage.fixture.ts";
import {
  definition,
  letters,
  type ProcessEvent,
  ProcessStream,
  processSchema,
} from "./process-batch.fixture.ts";

const ids = ["a", "b", "c", "d", "é", "\ud800", "17"];
const names = ["sh", "dash", "größer", "\udc00x", ""];

/** Without the members that are null. */
function withoutNulls(members: { readonly [name: string]: unknown }): ProcessEvent {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

const identified = fc
  .record({
    host: fc.option(fc.constantFrom("one", "two", ""), { freq: 3 }),
    id: fc.constantFrom(...ids),
    name: fc.option(fc.constantFrom(...names)),
    executable: fc.option(fc.constantFrom(...names)),
    commandLine: fc.option(fc.constantFrom(...names)),
    parent: fc.option(fc.constantFrom(...ids)),
    ancestry: fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 3 }),
    hit: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
  })
  .map(withoutNulls);

const pidOption = fc.option(fc.constantFrom(-1, 0, 1, 2, 3, 2 ** 40 + 1));

/** Some have no entity id, some no pid, some neither. */
const mixed = fc
  .record({
    event: identified,
    keepsId: fc.boolean(),
    keepsParent: fc.boolean(),
    pid: pidOption,
    parentPid: pidOption,
    parentName: fc.option(fc.constantFrom(...names)),
    action: fc.constantFrom("fork", "exec", "end", "other"),
    type: fc.subarray(["start", "end", "change"]),
  })
  .map(({ event, keepsId, keepsParent, ...rest }) => {
    const { id, parent, ...others } = event;
    return withoutNulls({
      ...others,
      ...rest,
      id: keepsId ? id : null,
      parent: keepsParent ? (parent ?? null) : null,
    });
  });

/** How a batch is fed: its size, and what becomes of the texts before it. */
const cut = fc.record({
  size: fc.integer({ min: 1, max: 9 }),
  texts: fc.constantFrom("keep", "keep", "trim", "change to few", "change to many"),
});

/** The answers to all events, and the ancestry of some entity as of each, from a stream that is cut. */
function answersOf(
  stream: ProcessStream,
  events: readonly ProcessEvent[],
  cuts: readonly { readonly size: number; readonly texts: string }[],
): unknown[] {
  const answers: unknown[] = [];
  for (let start = 0, i = 0; start < events.length; i += 1) {
    const { size, texts } = cuts[i]!;
    const piece = events.slice(start, start + size);
    if (texts === "trim") stream.trimTexts();
    if (texts === "change to few") stream.changeTexts(500);
    if (texts === "change to many") stream.changeTexts(1_000_000);
    const found = stream.feed(piece);
    const ask = (row: number): unknown =>
      askedAt(start + row).map(([host, id]) => stream.table.ancestryOfEntity(host, id, row, 4));
    const asked = piece.map((_, row) => ask(row));
    if (texts === "trim") {
      stream.trimTexts();
      const again = piece.map((_, row) => ask(row));
      assert.deepEqual(again, asked);
    }
    answers.push(...found.map((answer, row) => [answer, asked[row]]));
    start += size;
  }
  return answers;
}

function askedAt(index: number): [string | null, string][] {
  return [
    ["one", ids[index % ids.length]!],
    [null, ids[(index + 1) % ids.length]!],
  ];
}

/** Schemas where pids are texts, where entity ids are numbers, and the usual one. */
const schemas = [
  processSchema,
  processSchema.extend([
    definition("process.pid", "keyword"),
    definition("process.parent.pid", "long"),
  ]),
  processSchema.extend([definition("process.parent.entity_id", "long")]),
];

/** The same event with entity ids that are numbers. */
function numbered(event: ProcessEvent): ProcessEvent {
  const of = (id: string): string => String(ids.indexOf(id) - 2);
  const { id, parent, ancestry, ...rest } = event;
  return {
    ...rest,
    ...(id === undefined ? {} : { id: of(id) }),
    ...(parent === undefined ? {} : { parent: of(parent) }),
    ...(ancestry === undefined ? {} : { ancestry: ancestry.map(of) }),
  };
}

describe("the process table over random streams", () => {
  it("tells the same whatever becomes of texts between batches, also under eviction and of as many hosts", () => {
    let evicted = 0;
    const property = fc.property(
      fc.array(mixed, { minLength: 1, maxLength: 60 }),
      fc.array(cut, { minLength: 60, maxLength: 60 }),
      fc.integer({ min: 2, max: 12 }),
      fc.nat({ max: schemas.length - 1 }),
      (some, cuts, processes, form) => {
        const events = form === 2 ? some.map(numbered) : some;
        const whole = new ProcessStream({ processes }, schemas[form]);
        const parts = new ProcessStream({ processes }, schemas[form]);
        const expected = answersOf(whole, events, [{ size: 60, texts: "change to many" }]);
        assert.deepEqual(answersOf(parts, events, cuts), expected);
        assert.deepEqual(parts.table.counters, whole.table.counters);
        evicted += whole.table.counters.evicted;
      },
    );
    fc.assert(property, { numRuns: 800 });
    assert.ok(evicted > 1000, `too few evictions: ${evicted}`);
  });

  it("names the ancestors that follow from the definition", () => {
    let deepest = 0;
    const property = fc.property(
      fc.array(identified, { minLength: 1, maxLength: 40 }),
      fc.array(cut, { minLength: 40, maxLength: 40 }),
      (some, cuts) => {
        const events = some.map(({ host: _, ...event }) => event);
        const stream = new ProcessStream();
        const answers = answersOf(stream, events, cuts) as [{ ancestry: { entityId: string }[] }][];
        const found = answers.map(([{ ancestry }]) => ancestry.map(({ entityId }) => entityId));
        assert.deepEqual(found, naiveAncestry(events, 5));
        deepest = Math.max(deepest, ...found.map((ancestry) => ancestry.length));
      },
    );
    fc.assert(property, { numRuns: 500 });
    assert.equal(deepest, 5);
  });
});

describe("the process table", () => {
  it("takes a place for another process only after the batch in which it was left", () => {
    const stream = new ProcessStream({ processes: 2 });
    const parents = (events: readonly ProcessEvent[]): string[][] =>
      stream.feed(events).map(({ ancestry }) => ancestry.map(({ entityId }) => entityId));
    const first = parents([
      { id: "child", parent: "parent" },
      { id: "child" },
      { id: "other" },
      { id: "child" },
    ]);
    // The parent was seen longest ago when the other process came.
    assert.deepEqual(first, [["parent"], ["parent"], [], []]);
    const second = parents([{ id: "new" }, { id: "child" }]);
    assert.deepEqual(second, [[], []]);
    assert.deepEqual(stream.table.counters, { processes: 2, evicted: 2 });
  });

  it("forgets the lineage of a process with the process", () => {
    const stream = new ProcessStream({ processes: 2 });
    const relations = (events: readonly ProcessEvent[]): string[] =>
      stream.feed(events).map(letters);
    assert.deepEqual(relations([{ id: "a", hit: true }, { id: "b" }, { id: "c" }]), ["e", "", ""]);
    assert.deepEqual(relations([{ id: "d" }, { id: "e" }, { id: "c" }, { id: "a" }]), [
      "",
      "",
      "",
      "",
    ]);
  });

  it("finds a process again after the string table was emptied, and what was known of it", () => {
    const stream = new ProcessStream();
    stream.changeTexts(0);
    const long = "größer ".repeat(100);
    stream.feed([{ id: "a", pid: 7, name: "\ud800", executable: "/bin/a", commandLine: long }]);
    const before = stream.table.bytes;
    stream.feed([{ id: "b", parentPid: 7 }]);
    const [answer] = stream.feed([{ id: "b" }]);
    assert.deepEqual(answer?.ancestry, [
      { entityId: "a", pid: 7, name: "\ud800", executable: "/bin/a", commandLine: long },
    ]);
    assert.ok(before > 0);
  });

  it("holds no more for texts that come and go", () => {
    const stream = new ProcessStream({ processes: 4 });
    const bytes: number[] = [];
    for (let i = 0; i < 300; i += 1) {
      const commandLine = `${i}`.repeat(4000);
      stream.feed([
        { id: `process ${i}`, commandLine },
        { id: "same", name: "sh" },
      ]);
      bytes.push(stream.table.bytes);
    }
    assert.ok(Math.max(...bytes) < 8_000_000, `${Math.max(...bytes)}`);
    const [answer] = stream.feed([{ id: "child", parent: "same" }]);
    assert.equal(answer?.ancestry[0]?.name, "sh");
  });

  it("starts another process when a pid is used again, and knows the latest by it", () => {
    const stream = new ProcessStream();
    const answers = stream.feed([
      { pid: 4, name: "old", type: ["start"] },
      { pid: 4, type: ["end"] },
      { pid: 5, parentPid: 4 },
      { pid: 4, name: "new", type: ["start"] },
      { pid: 6, parentPid: 4 },
      { pid: 5 },
    ]);
    const parentNames = answers.map(({ ancestry }) => ancestry[0]?.name ?? null);
    assert.deepEqual(parentNames, [null, null, "old", null, "new", "old"]);
  });
});
