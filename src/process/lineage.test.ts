import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { naiveLineage } from "./naive-lineage.fixture.ts";
import { letters, type ProcessEvent, ProcessStream } from "./process-batch.fixture.ts";

function relations(events: readonly ProcessEvent[]): string[] {
  return new ProcessStream().feed(events).map(letters);
}

const idArbitrary = fc.constantFrom("a", "b", "c", "d", "e", "f");

const eventArbitrary: fc.Arbitrary<ProcessEvent> = fc
  .record({
    id: idArbitrary,
    parent: fc.option(idArbitrary),
    ancestry: fc.uniqueArray(idArbitrary, { maxLength: 3 }),
    hasAncestry: fc.boolean(),
    name: fc.option(fc.constantFrom("sh", "dash")),
    hit: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
  })
  .map(({ id, parent, ancestry, hasAncestry, name, hit }) => {
    const above = hasAncestry ? ancestry : [];
    return {
      id,
      ancestry: parent === null ? above : [parent, ...above.filter((other) => other !== parent)],
      hit,
      ...(parent === null ? {} : { parent }),
      ...(name === null ? {} : { name }),
    };
  });

describe("lineage", () => {
  it("follows children and grandchildren of a process that had matched", () => {
    const events = [
      { id: "a", hit: true },
      { id: "b", parent: "a" },
      { id: "c", parent: "b" },
      { id: "x", parent: "y" },
    ];
    assert.deepEqual(relations(events), ["e", "cd", "d", ""]);
  });

  it("holds for every later event of the process", () => {
    const events = [{ id: "a", hit: true }, { id: "b", parent: "a" }, { id: "b" }, { id: "a" }];
    assert.deepEqual(relations(events), ["e", "cd", "cd", "e"]);
  });

  it("does not reach a child that existed before the match", () => {
    const events = [
      { id: "b", parent: "a" },
      { id: "a", hit: true },
      { id: "b", parent: "a" },
      { id: "c", parent: "b", ancestry: ["b", "a"] },
    ];
    assert.deepEqual(relations(events), ["", "e", "", ""]);
  });

  it("does not make a source its own descendant", () => {
    const events = [
      { id: "a", parent: "r", hit: true },
      { id: "a", hit: true },
      { id: "self", parent: "self", hit: true },
      { id: "self" },
    ];
    assert.deepEqual(relations(events), ["e", "e", "e", "e"]);
  });

  it("makes a source below another source a descendant of that one", () => {
    const events = [
      { id: "a", hit: true },
      { id: "b", parent: "a", hit: true },
    ];
    assert.deepEqual(relations(events), ["e", "cde"]);
  });

  it("fills gaps in the links from the ancestry of the event", () => {
    const events = [
      { id: "a", hit: true },
      { id: "d", parent: "c", ancestry: ["c", "b", "a"] },
      { id: "e", parent: "d" },
      { id: "f", ancestry: ["a"] },
    ];
    assert.deepEqual(relations(events), ["e", "d", "d", "cd"]);
  });

  it("keeps hosts apart", () => {
    const events = [
      { id: "a", host: "one", hit: true },
      { id: "b", parent: "a", host: "two" },
      { id: "b", parent: "a", host: "one" },
    ];
    assert.deepEqual(relations(events), ["e", "", "cd"]);
  });

  it("holds for no event without a process", () => {
    assert.deepEqual(relations([{ hit: true }, { parent: "a" }]), ["", ""]);
  });

  it("follows pids where there are no entity ids, and tells reused ones apart", () => {
    const events: ProcessEvent[] = [
      { pid: 1, type: ["start"], hit: true },
      { pid: 2, parentPid: 1, type: ["start"], action: "fork" },
      { pid: 2, parentPid: 1, type: ["start"], action: "exec" },
      { pid: 1, type: ["end"] },
      { pid: 1, type: ["end"] },
      { pid: 1, type: ["start"] },
      { pid: 2, type: ["change"] },
      { pid: 2, parentPid: 9, action: "fork" },
    ];
    assert.deepEqual(relations(events), ["e", "cd", "cd", "e", "e", "", "cd", ""]);
  });

  it("starts a new process with the first event after the end", () => {
    const events: ProcessEvent[] = [{ pid: 5, hit: true }, { pid: 5, type: ["end"] }, { pid: 5 }];
    assert.deepEqual(relations(events), ["e", "e", ""]);
  });

  it("knows a process by its pid when only some events carry its entity id", () => {
    const events: ProcessEvent[] = [
      { pid: 5, hit: true },
      { id: "a", pid: 5 },
      { id: "b", pid: 6, parentPid: 5 },
      { pid: 6 },
      { id: "other", pid: 5 },
    ];
    assert.deepEqual(relations(events), ["e", "e", "cd", "cd", ""]);
  });
});

describe("the observer of lineage", () => {
  it("is told of the first match of a process and of the birth of what inherits from it", () => {
    const stream = new ProcessStream();
    const [a, b, c, other] = [
      { id: "a", hit: true },
      { id: "b", parent: "a" },
      { id: "c", parent: "b" },
      { id: "x", parent: "y" },
    ];
    stream.feed([a, other, { id: "a", hit: true }, b, { id: "b" }]);
    stream.feed([c, { id: "c", parent: "b" }]);
    assert.deepEqual(stream.told, [
      { event: a, sources: [] },
      { event: b, sources: ["a"] },
      { event: c, sources: ["b"] },
    ]);
  });

  it("is told of enough: every relation follows from what it was told of the process and its sources", () => {
    fc.assert(
      fc.property(fc.array(eventArbitrary, { maxLength: 30 }), (events) => {
        const stream = new ProcessStream();
        const answers = stream.feed(events).map(letters);
        for (const [index, event] of events.entries()) {
          const wanted = new Set([event.id]);
          for (const id of wanted) {
            for (const { event: told, sources } of stream.told) {
              if (told.id === id) for (const source of sources) wanted.add(source);
            }
          }
          const isNeeded = (other: ProcessEvent): boolean =>
            wanted.has(other.id) && stream.told.some(({ event: told }) => told === other);
          const before = events.slice(0, index).filter(isNeeded);
          const again = naiveLineage([...before, event]).at(-1)!;
          for (const letter of answers[index]!)
            assert.ok(again.includes(letter), `${index}: ${again}`);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("the ancestry of an event", () => {
  it("is told nearest first, with names as they were at that event", () => {
    const stream = new ProcessStream();
    const answers = stream.feed([
      { id: "a", pid: 1, name: "init" },
      { id: "b", pid: 2, name: "sh", parent: "a" },
      { id: "c", pid: 3, parent: "b" },
      { id: "b", name: "dash" },
      { id: "c" },
    ]);
    const names = (row: number) => answers[row]?.ancestry.map((record) => record.name);
    assert.deepEqual(names(2), ["sh", "init"]);
    assert.deepEqual(names(4), ["dash", "init"]);
    assert.deepEqual(answers[2]?.ancestry[0], {
      entityId: "b",
      pid: 2,
      name: "sh",
      executable: null,
      commandLine: null,
    });
  });

  it("uses the event's parent fields, then its ancestry", () => {
    const stream = new ProcessStream();
    const [answer] = stream.feed([
      { id: "c", parent: "b", parentName: "sh", ancestry: ["b", "a", "r"] },
    ]);
    assert.deepEqual(
      answer?.ancestry.map((record) => [record.entityId, record.name]),
      [
        ["b", "sh"],
        ["a", null],
        ["r", null],
      ],
    );
  });

  it("can be asked by entity id, as of a row", () => {
    const stream = new ProcessStream();
    stream.feed([{ id: "b", parent: "a", parentName: "one" }]);
    stream.feed([{ id: "x" }, { id: "a", name: "two" }]);
    const nameAt = (row: number) => stream.table.ancestryOfEntity(null, "b", row, 3)[0]?.name;
    assert.deepEqual([nameAt(0), nameAt(1)], ["one", "two"]);
    assert.deepEqual(stream.table.ancestryOfEntity("elsewhere", "b", 0, 3), []);
  });
});

describe("the process table", () => {
  it("is bounded, forgets the one seen longest ago and counts it", () => {
    const stream = new ProcessStream({ processes: 3 });
    stream.feed([{ id: "a", hit: true }, { id: "b" }, { id: "c" }, { id: "a" }, { id: "d" }]);
    assert.deepEqual(stream.table.counters, { processes: 3, evicted: 1 });
    const answers = stream.feed([{ id: "a" }, { id: "b" }]);
    assert.deepEqual(answers.map(letters), ["e", ""]);
  });
});

const pidArbitrary = fc.integer({ min: 1, max: 5 });

const mixedArbitrary: fc.Arbitrary<ProcessEvent> = fc
  .record({
    event: eventArbitrary,
    keepsId: fc.boolean(),
    pid: pidArbitrary,
    parentPid: pidArbitrary,
    action: fc.constantFrom("fork", "exec", "end", "other"),
  })
  .map(({ event, keepsId, pid, parentPid, action }) => {
    const { id, parent, ancestry, ...rest } = event;
    const pids = { ...rest, pid, parentPid, action };
    return keepsId ? { ...event, ...pids } : pids;
  });

describe("lineage over random streams", () => {
  it("is what the naive model says", () => {
    let descendants = 0;
    const property = fc.property(fc.array(eventArbitrary, { maxLength: 25 }), (events) => {
      const expected = naiveLineage(events);
      descendants += expected.filter((relation) => relation.includes("d")).length;
      assert.deepEqual(relations(events), expected);
    });
    fc.assert(property, { numRuns: 1500 });
    assert.ok(descendants > 500, `too few descendants: ${descendants}`);
  });

  it("does not depend on how the stream is cut into batches, also under eviction", () => {
    const property = fc.property(
      fc.array(mixedArbitrary, { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 }),
      fc.integer({ min: 2, max: 8 }),
      (events, sizes, processes) => {
        const whole = new ProcessStream({ processes });
        const cut = new ProcessStream({ processes });
        const pieces: ProcessEvent[][] = [];
        for (let start = 0, i = 0; start < events.length; i += 1) {
          pieces.push(events.slice(start, start + sizes[i]!));
          start += sizes[i]!;
        }
        const expected = whole.feed(events);
        assert.deepEqual(
          pieces.flatMap((piece) => cut.feed(piece)),
          expected,
        );
        assert.deepEqual(cut.table.counters, whole.table.counters);
        assert.ok(cut.table.counters.processes <= processes);
      },
    );
    fc.assert(property, { numRuns: 800 });
  });
});
