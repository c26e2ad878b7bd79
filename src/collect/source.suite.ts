/** What every live source must do; each implementation's test runs this. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findAction } from "../schema/event-table.ts";
import { builtInSchema } from "../schema/field-table.ts";
import { itemJson } from "./item-json.fixture.ts";
import type { Source, SourceItem, SourceOffer } from "./source.ts";

/** One implementation, as the suite needs it. */
export interface SourceHarness {
  readonly name: string;
  /** The reason why it can't be opened here, or false. */
  readonly skip: string | false;
  offer(): SourceOffer;
  open(): Source;
  /** Does something that the source sees: at least one event must come of it. */
  act(): Promise<void>;
}

export function testSource(harness: SourceHarness): void {
  const { name, skip } = harness;

  test(`${name}: what it offers is named in the tables of the schema`, () => {
    const offer = harness.offer();
    assert.ok(offer.capabilities.length > 0);
    assert.equal(
      offer.available,
      offer.capabilities.every((it) => it.available),
    );
    for (const { why, available, mend } of offer.capabilities) {
      assert.notEqual(why, "");
      if (available) assert.equal(mend, null);
    }
    assert.deepEqual([...offer.fields.keys()].sort(), [...offer.actions].sort());
    for (const action of offer.actions) assert.equal(findAction(action)?.name, action);
    for (const field of [...offer.fields.values()].flatMap((names) => [...names])) {
      assert.ok(builtInSchema().find(field) !== undefined, `${field} is no field`);
    }
    assert.deepEqual(harness.offer(), offer);
  });

  test(`${name}: what happens comes as JSON, and the counters add up`, { skip }, async () => {
    const source = harness.open();
    const stop = new AbortController();
    const records = collect(source, stop.signal);
    try {
      await harness.act();
      stop.abort();
      const items = await records;
      const found = countKinds(items);
      const { actions } = harness.offer();
      for (const action of actionsOf(items)) assert.ok(actions.includes(action), action);
      const { received, dropped, gaps } = source.counters;
      assert.ok(found.event > 0, "nothing was seen");
      assert.equal(received, found.event + dropped);
      assert.equal(gaps, found.gap);
      assert.ok(found.heartbeat > 0);
    } finally {
      stop.abort();
      source.close();
    }
  });

  test(`${name}: it yields something every 100 ms and ends when told to`, { skip }, async () => {
    const source = harness.open();
    const stop = new AbortController();
    try {
      let lists = 0;
      for await (const _ of source.items(stop.signal)) {
        lists += 1;
        if (lists === 3) stop.abort();
      }
      assert.ok(lists >= 3);
    } finally {
      source.close();
    }
  });

  test(`${name}: closing ends the items, and closing twice is safe`, { skip }, async () => {
    const source = harness.open();
    const items = source.items(new AbortController().signal);
    await items.next();
    source.close();
    source.close();
    while ((await items.next()).done !== true);
    assert.equal((await items.next()).done, true);
  });
}

async function collect(source: Source, signal: AbortSignal): Promise<SourceItem[]> {
  const all: SourceItem[] = [];
  for await (const items of source.items(signal)) all.push(...items);
  return all;
}

/** Values of `event.action` among the items. */
function actionsOf(items: readonly SourceItem[]): Set<string> {
  const actions = items.map((item) => {
    const { event } = JSON.parse(itemJson(item)) as {
      readonly event?: { readonly action: string };
    };
    return event?.action;
  });
  return new Set(actions.filter((action) => action !== undefined));
}

function countKinds(items: readonly SourceItem[]): Record<"event" | "gap" | "heartbeat", number> {
  const counts = { event: 0, gap: 0, heartbeat: 0 };
  for (const item of items) {
    const record = JSON.parse(itemJson(item)) as {
      readonly kestrel?: { readonly record?: string };
    };
    const kind = record.kestrel?.record ?? "event";
    assert.ok(kind === "event" || kind === "gap" || kind === "heartbeat");
    counts[kind] += 1;
  }
  return counts;
}
