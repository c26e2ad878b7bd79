/** What the sources of a simulation give: events whose values are known, gaps, heartbeats and traps. */
import type { Prng } from "../../src/base/prng.ts";
import { formatIso } from "../../src/base/time.ts";
import type { LineItem } from "../../src/collect/jsonl/line-splitter.ts";
import type { SourceItem } from "../../src/collect/source.ts";
import type { Fragment, PiecedEvent } from "../../src/event/pieced-event.ts";
import { gapJson } from "../../src/event/stream-record.ts";
import type { FieldModel, Sample, Value } from "./field-pool.ts";

export interface EventModel {
  /** Unique in its simulation, through `event.id`. */
  readonly json: string;
  /** ns since the epoch; null where it does not say. */
  readonly timeNs: bigint | null;
  readonly values: ReadonlyMap<string, readonly Value[]>;
  /** The same in pieces, where its source gives it so. */
  readonly pieces: PiecedEvent | null;
}

/** Something that a source gives. */
export type Given =
  | { readonly kind: "event"; readonly event: EventModel }
  /** `lost` events that the source lost by itself. */
  | { readonly kind: "gap"; readonly json: string; readonly lost: number }
  | { readonly kind: "heartbeat"; readonly json: string }
  /** Something that must be rejected and counted. */
  | { readonly kind: "trap"; readonly item: LineItem };

export function itemOf(given: Given): SourceItem {
  switch (given.kind) {
    case "event":
      return given.event.pieces ?? given.event.json;
    case "trap":
      return given.item;
    default:
      return given.json;
  }
}

const categories: readonly string[] = ["process", "file", "network"];

export function drawCategory(random: Prng): string {
  return random.pick(categories);
}

/** An event of `timeNs`; how its time and values are written is drawn. */
export function drawEvent(
  random: Prng,
  fields: readonly FieldModel[],
  id: string,
  timeNs: bigint,
): EventModel {
  const values = new Map<string, readonly Value[]>();
  const tree: Tree = new Map();
  const isTimed = random.int(60) !== 0;
  const time = isTimed ? timeText(random, timeNs) : null;
  const isTimeLast = random.int(8) === 0;
  if (time !== null && !isTimeLast) tree.set("@timestamp", time);
  put(tree, "event.id", JSON.stringify(id), false);
  const names = random.int(15) === 0 ? [] : [drawCategory(random)];
  if (random.int(6) === 0) names.push(drawCategory(random));
  values.set("event.category", names);
  put(tree, "event.category", JSON.stringify(names), random.int(8) === 0);
  putValues(random, fields, tree, values);
  if (time !== null && isTimeLast) tree.set("@timestamp", time);
  return { json: textOf(tree), timeNs: isTimed ? timeNs : null, values, pieces: null };
}

/** What events of one process share. */
export interface ProcessModel {
  readonly fragment: Fragment;
  readonly values: ReadonlyMap<string, readonly Value[]>;
}

const processPath = /^(process|host|user)\./;

export function drawProcess(random: Prng, fields: readonly FieldModel[]): ProcessModel {
  const values = new Map<string, readonly Value[]>();
  const tree: Tree = new Map();
  const shared = fields.filter(({ path }) => processPath.test(path));
  putValues(random, shared, tree, values);
  return { fragment: fragmentOf(textOf(tree)), values };
}

/** An event in pieces, as a sensor's are. `heads` are those that its source has by now, by category. */
export function drawPieces(
  random: Prng,
  fields: readonly FieldModel[],
  id: string,
  timeNs: bigint,
  shared: { readonly process: ProcessModel; readonly heads: Map<string, Fragment> },
): EventModel {
  const { process, heads } = shared;
  const values = new Map(process.values);
  const tree: Tree = new Map();
  const own = fields.filter(({ path }) => !processPath.test(path) && !path.startsWith("event."));
  putValues(random, own, tree, values);
  const category = drawCategory(random);
  values.set("event.category", [category]).set("event.action", ["drawn"]);
  const object = `{"event":{"category":["${category}"],"action":"drawn"}}`;
  const head = heads.get(category) ?? fragmentOf(object);
  heads.set(category, head);
  const names = `"@timestamp":"${formatIso(timeNs)}","event.id":${JSON.stringify(id)}`;
  const members = membersOf(textOf(tree));
  const parts = [head.texts.join(""), process.fragment.texts.join("")].map(membersOf);
  const json = `{${[names, ...parts, members].filter((part) => part !== "").join(",")}}`;
  const pieces: PiecedEvent = {
    ...{ kind: "pieces", timeNs, action: "drawn", category, head, process: process.fragment },
    ownChars: members.length,
    values: null,
    own: (isNamed) => `{${[isNamed ? names : "", members].filter(Boolean).join(",")}}`,
    text: () => json,
    // Cut anywhere: nobody may rely on where.
    parts: () => [json.slice(0, names.length), json.slice(names.length)],
  };
  return { json, timeNs, values, pieces };
}

function fragmentOf(object: string): Fragment {
  return { texts: [object], chars: object.length, cells: null };
}

/** An object's text without its braces. */
function membersOf(object: string): string {
  return object.slice(1, -1);
}

/** Values of some of the fields. */
function putValues(
  random: Prng,
  fields: readonly FieldModel[],
  tree: Tree,
  values: Map<string, readonly Value[]>,
): void {
  for (const field of fields) {
    if (random.int(3) === 0) continue;
    const { json, list } = drawValues(random, field);
    values.set(field.path, list);
    put(tree, field.path, json, random.int(6) === 0);
  }
}

function drawValues(
  random: Prng,
  field: FieldModel,
): { readonly json: string; readonly list: readonly Value[] } {
  const one = random.pick(field.samples);
  if (random.int(7) !== 0) return { json: one.json, list: valuesOf([one]) };
  const samples = Array.from({ length: random.int(4) }, () => random.pick(field.samples));
  const texts = samples.map(({ json }) => (random.int(8) === 0 ? `[${json}]` : json));
  if (random.int(4) === 0) texts.splice(random.int(texts.length + 1), 0, "null");
  return { json: `[${texts.join(",")}]`, list: valuesOf(samples) };
}

function valuesOf(samples: readonly Sample[]): Value[] {
  return samples.flatMap(({ value }) => (value === null ? [] : [value]));
}

/** The forms in which an event may say its time. */
function timeText(random: Prng, timeNs: bigint): string {
  switch (timeNs % 1_000_000n === 0n ? random.int(12) : 3) {
    case 0:
      return String(timeNs / 1_000_000n);
    case 1:
      return JSON.stringify(formatIso(timeNs + 7_200_000_000_000n).replace("Z", "+02:00"));
    case 2:
      return `[${JSON.stringify(formatIso(timeNs))}]`;
    default:
      return JSON.stringify(formatIso(timeNs));
  }
}

type Tree = Map<string, Tree | string>;

/** Puts a value at a path, as nested members or under one dotted key. */
function put(tree: Tree, path: string, json: string, isDotted: boolean): void {
  const [head, ...rest] = path.split(".");
  if (isDotted || rest.length === 0) {
    tree.set(path, json);
    return;
  }
  const below = tree.get(head!) ?? new Map();
  tree.set(head!, below);
  if (typeof below !== "string") put(below, rest.join("."), json, false);
}

function textOf(tree: Tree): string {
  const members = [...tree].map(([key, value]) => {
    return `${JSON.stringify(key)}:${typeof value === "string" ? value : textOf(value)}`;
  });
  return `{${members.join(",")}}`;
}

/** A gap that a source tells of by itself. */
export function drawGap(random: Prng, source: string, timeNs: bigint): Given {
  const lost = 1 + random.int(20);
  const fromNs = timeNs - BigInt(random.int(2000)) * 1_000_000n;
  const names = random.int(2) === 0 ? [] : [drawCategory(random)];
  const gap = { source, fromNs, toNs: timeNs, lost, categories: names };
  return { kind: "gap", json: gapJson(gap, timeNs), lost };
}

/** Something that is no record. */
export function drawTrap(random: Prng, time: string): Given {
  const line: LineItem = random.pick([
    "{",
    "[]",
    '"text"',
    "12",
    "null",
    "no JSON at all",
    `{"@timestamp":"${time}"`,
    `{"@timestamp":"${time}"}}`,
    `{"@timestamp":"${time}",}`,
    '{"@timestamp":"yesterday"}',
    '{"@timestamp":1e300}',
    '{"@timestamp":{"at":1}}',
    `{"@timestamp":"${time}","a":${"[".repeat(300)}${"]".repeat(300)}}`,
    `{"@timestamp":"${time}","a":NaN}`,
    `{"@timestamp":"${time}","a":"${"x".repeat(5000)}"}`,
    '{"kestrel":{"record":"gap","gap":{"lost":-1,"from":"2026-01-01"}}}',
    `{"@timestamp":"${time}","kestrel":{"record":"gap","gap":{"from":"never"}}}`,
    { kind: "line-too-long", message: "a line of 5000 bytes is over the limit of 4096" },
  ]);
  return { kind: "trap", item: line };
}
