import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findAction } from "../../schema/event-table.ts";
import { HostEvents } from "../host/host-events.ts";
import { readHostFacts } from "../host/host-facts.ts";
import { itemJson } from "../item-json.fixture.ts";
import { makeOwnGroup } from "../linux/own-group.fixture.ts";
import { offerEbpf, openEbpf } from "./ebpf-source.ts";
import { whyNoSensor } from "./why-no-sensor.fixture.ts";

const skip = whyNoSensor();
const host = readHostFacts("0");

test("what is offered is in the table of actions, and each action has fields", () => {
  const { actions, fields, available, capabilities } = offerEbpf();
  for (const action of actions) {
    assert.equal(findAction(action)?.name, action);
    assert.ok(fields.get(action)!.has("process.pid"), action);
  }
  assert.equal(
    available,
    capabilities.every((it) => it.available),
  );
  assert.ok(capabilities.every((it) => it.available === (it.mend === null)));
});

test("events and heartbeats come in order, and the counters add up", { skip }, async () => {
  const group = makeOwnGroup()!;
  try {
    const source = openEbpf(
      {
        cgroupId: group.id,
        uid: null,
        folders: [],
        interest: null,
        environment: new Set(),
        ringBytes: 0x400000,
      },
      (emit) => new HostEvents({ emit, provider: "ebpf", host, admits: () => false }),
    );
    const stop = new AbortController();
    const items: string[] = [];
    const reading = (async () => {
      for await (const list of source.items(stop.signal)) items.push(...list.map(itemJson));
    })();
    try {
      group.runBelow(["/bin/sh", "-c", "exit 3"]);
      // A source yields something ten times a second.
      await delay(300);
    } finally {
      stop.abort();
      await reading;
      source.close();
      source.close();
    }
    const records = items.map((text) => JSON.parse(text));
    const events = records.filter((it) => it.event !== undefined);
    const exec = events.find((it) => it.event.action === "exec");
    const end = events.find((it) => it.event.action === "end");
    assert.deepEqual(exec.process.args, ["/bin/sh", "-c", "exit 3"]);
    assert.equal(exec.event.provider, "ebpf");
    assert.equal(end.process.entity_id, exec.process.entity_id);
    assert.equal(end.process.exit_code, 3);
    const { received, dropped, gaps } = source.counters;
    assert.equal(received, events.length + dropped);
    assert.equal(gaps, 0);
    const beats = records.filter((it) => it.kestrel?.record === "heartbeat");
    assert.ok(beats.length > 0);
  } finally {
    await group.remove();
  }
});
