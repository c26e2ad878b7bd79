/** Live events come in pieces: what becomes of them is what becomes of their text, in a log for example. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchFiller } from "../src/agent/batch-filler.ts";
import { defaultLimits, type Limits } from "../src/base/limits.ts";
import { Prng } from "../src/base/prng.ts";
import {
  actor,
  at,
  exec,
  fileFacts,
  fork,
  Recorder,
  root,
  user,
} from "../src/collect/host/activity.fixture.ts";
import type { Activity } from "../src/collect/host/activity.ts";
import { everyActivity, knownProcess } from "../src/collect/host/every-activity.fixture.ts";
import { Batch } from "../src/event/batch.ts";
import { createLayout } from "../src/event/layout.ts";
import { namingPaths, type PiecedEvent } from "../src/event/pieced-event.ts";
import { type RowContents, rowContents } from "../src/event/row-contents.fixture.ts";
import { StringTable } from "../src/event/string-table.ts";
import { builtInSchema } from "../src/schema/field-table.ts";
import type { Schema } from "../src/schema/schema.ts";
import type { FieldDefinition, FieldId } from "../src/schema/type.ts";

/** Activities of processes known and unknown, with texts of all sorts. */
function activities(): Activity[] {
  const odd = actor(70, 300, { credentials: user });
  const args = ["/bin/ä", 'a"b\\c', "tab\t", "\ud83d\ude00", "", "-x=1"];
  const stranger = actor(9000, 10, { credentials: null });
  const file = { kind: "file", otherPath: null, header: null, call: "openat" } as const;
  return [
    ...knownProcess("/usr/bin/bash", fileFacts),
    ...everyActivity("/tmp/a.sh", fileFacts),
    exec(odd, 310, args, { parentPid: 60, environment: ["LD_PRELOAD=/tmp/x.so", "PATH=/bin"] }),
    fork(odd, 311, 71),
    exec(actor(71, 311), 312, ["/bin/long", "x".repeat(9000), "y"], { parentPid: 70 }),
    { ...file, timeNs: at(400), actor: odd, change: "creation", path: "/ä/.x", file: fileFacts },
    { ...file, timeNs: at(401), actor: stranger, change: "deletion", path: "/", file: null },
    {
      ...{ ...file, timeNs: at(402), actor: { ...odd, credentials: root }, change: "open" },
      ...{ path: '/a"b/c.d.e', file: { ...fileFacts, inode: 2n ** 60n, mode: null } },
    },
  ];
}

/** What a filler made of events: the contents of all rows, their times and texts, and what was rejected. */
interface Filled {
  readonly rows: (readonly [RowContents, bigint, string])[];
  readonly rejected: string[];
}

interface Setting {
  readonly schema: Schema;
  readonly interest: readonly FieldId[];
  readonly limits: Limits;
  readonly batchSize: number;
  /** Of the table of texts: it is emptied each time it is larger. */
  readonly stringBytes: number;
}

function fill(
  events: readonly PiecedEvent[],
  setting: Setting,
  add: (
    filler: BatchFiller,
    event: PiecedEvent,
    line: Uint8Array,
    own: Uint8Array,
  ) => string | null,
): Filled {
  const { schema, interest, limits, batchSize, stringBytes } = setting;
  const layout = createLayout(schema, interest, limits);
  const filled: Filled = { rows: [], rejected: [] };
  const filler = new BatchFiller({
    schema,
    limits,
    nextBatchSize: () => batchSize,
    batch: new Batch(layout, new StringTable(stringBytes), { json: () => "" }),
    onBatch: (batch) => {
      for (let row = 0; row < batch.count; row += 1) {
        const contents = rowContents(batch, schema, row);
        filled.rows.push([contents, batch.times[row]!, batch.evidence.json(row)]);
      }
      batch.strings.trim();
      return batch;
    },
  });
  for (const event of events) {
    const own = Buffer.from(`${event.own(filler.isNamed)}\n       `);
    const why = add(filler, event, Buffer.from(`${event.text()}\n       `), own);
    if (why !== null) filled.rejected.push(why);
  }
  filler.flush();
  return filled;
}

function asText(events: readonly PiecedEvent[], setting: Setting): Filled {
  return fill(
    events,
    setting,
    (filler, { timeNs }, line) => filler.scanTimed(line, 0, line.length - 8, timeNs)?.code ?? null,
  );
}

/** `unfit` counts events whose text had to be scanned, `values` those that came as values. */
function asPieces(
  events: readonly PiecedEvent[],
  setting: Setting,
): Filled & { readonly unfit: number; readonly values: number } {
  let [unfit, values] = [0, 0];
  const filled = fill(events, setting, (filler, event, line, own) => {
    if (filler.takesValues(event)) {
      values += 1;
      if (filler.scanValues(event, event.timeNs)) return null;
    } else if (filler.scanPieces(event, own, 0, own.length - 8, event.timeNs)) return null;
    unfit += 1;
    return filler.scanTimed(line, 0, line.length - 8, event.timeNs)?.code ?? null;
  });
  return { ...filled, unfit, values };
}

/** Events of all activities, and many of them again in an order that a seed gives. */
function eventsOf(seed: number, count: number): PiecedEvent[] {
  const events: PiecedEvent[] = [];
  const recorder = new Recorder({
    emit: (event) => {
      if (typeof event !== "string") events.push(event);
    },
  });
  for (const activity of activities()) recorder.events.accept(activity);
  const random = new Prng(seed);
  return Array.from({ length: count }, (_, i) => events[i] ?? random.pick(events));
}

const schema: Schema = builtInSchema();
/** Fields that events of files tell without their text, and some of others. */
const asValues: readonly FieldId[] = schema.fields
  .filter(({ path }) => !namingPaths.includes(path) && !/^kestrel|Ext\.(entropy|device)/.test(path))
  .filter(({ path }) => !/^file\.(size|inode|uid|gid|ctime|mtime)$/.test(path))
  .map(({ id }) => id);
const everything: Setting = {
  schema,
  interest: schema.fields.map(({ id }) => id),
  limits: defaultLimits,
  batchSize: 64,
  stringBytes: 1 << 24,
};

test("pieces give the rows of the text, whatever is wanted of an event", () => {
  const events = eventsOf(1, 200);
  const named = new Set(namingPaths);
  const most = schema.fields.filter(({ path }) => !named.has(path)).map(({ id }) => id);
  const few = ["event.category", "process.args", "process.pid", "file.name"].map(
    (path) => schema.find(path)!.id,
  );
  for (const interest of [everything.interest, most, few, asValues]) {
    const setting = { ...everything, interest };
    const { unfit, values, ...filled } = asPieces(events, setting);
    assert.equal(values > 0, interest === few || interest === asValues);
    assert.deepEqual(filled, asText(events, setting));
    assert.equal(filled.rows.length, events.length);
    assert.ok(filled.rows.every(([contents]) => Object.keys(contents).length > 0));
    assert.equal(unfit, 0);
  }
});

test("files and the life of a process need not be read where their numbers are not asked for", () => {
  const events = eventsOf(6, 200);
  const wanted = ["process.args", "process.Ext.memfd.name", "file.path"];
  const interest = wanted.map((path) => schema.find(path)!.id);
  const actions = (values: boolean): Set<string> => {
    const taken = events.filter(
      (event) => asPieces([event], { ...everything, interest }).values > 0 === values,
    );
    return new Set(taken.map(({ action }) => action));
  };
  for (const action of ["creation", "deletion", "fork", "exec", "end", "title_change"]) {
    assert.ok(actions(true).has(action) && !actions(false).has(action), action);
  }
  assert.ok(actions(false).has("connection_attempted"));
});

test("texts that are forgotten, small batches and full pools change nothing", () => {
  const events = eventsOf(2, 200);
  for (const [batchSize, stringBytes, batchListCells, interest] of [
    [1, 1 << 24, 65_536, everything.interest],
    [3, 1000, 65_536, asValues],
    [64, 20_000, 256, asValues],
    [64, 1 << 24, 64, everything.interest],
  ] as const) {
    const limits = { ...defaultLimits, batchListCells };
    const setting = { ...everything, batchSize, stringBytes, limits, interest };
    const { rows, rejected } = asPieces(events, setting);
    assert.deepEqual({ rows, rejected }, asText(events, setting));
    assert.equal(rows.length, events.length);
  }
});

test("an event that is no line is none in pieces either", () => {
  const events = eventsOf(3, 100);
  for (const [limits, interest] of [
    [{ ...defaultLimits, lineBytes: 5000 }, everything.interest],
    [{ ...defaultLimits, lineBytes: 5000 }, asValues],
    [{ ...defaultLimits, nesting: 3 }, everything.interest],
  ] as const) {
    const setting = { ...everything, limits, interest };
    const { rows, rejected, unfit } = asPieces(events, setting);
    assert.deepEqual({ rows, rejected }, asText(events, setting));
    assert.ok(unfit > 0 && rejected.length > 0);
  }
});

test("values that a field can't take, and lists of records, are as in the text", () => {
  const field = (path: string, type: FieldDefinition["type"]): FieldDefinition => {
    return { path, type, multiple: false, categories: [], description: "", origin: "extension" };
  };
  const other = builtInSchema().extend([
    field("host.os", "keyword"),
    field("process.hash", "object-list"),
    field("process.start.x", "long"),
    field("process.tty", "object-list"),
    { ...field("process.user.nick", "keyword"), nullValue: "NULL" },
    field("agent.version.major", "double"),
    field("file.hash", "keyword"),
    field("auditd.data.syscall.x", "keyword"),
  ]);
  const setting = { ...everything, schema: other, interest: other.fields.map(({ id }) => id) };
  const events = eventsOf(4, 200);
  const { rows, rejected } = asPieces(events, setting);
  assert.deepEqual({ rows, rejected }, asText(events, setting));
});

test("no place is in two pieces, and together they are the event", () => {
  for (const event of eventsOf(5, 60)) {
    const pieces = [event.own(true), event.head.texts.join(""), event.process.texts.join("")];
    const places = pieces.flatMap((text) => leavesOf(JSON.parse(text), ""));
    assert.equal(new Set(places).size, places.length, event.action);
    assert.deepEqual(places.sort(), leavesOf(JSON.parse(event.text()), "").sort());
  }
});

function leavesOf(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, `${path}.${key}`));
}
