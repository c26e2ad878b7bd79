/** The thread of a further engine, which has a share of the rules. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { Schema } from "../../schema/schema.ts";
import { backends } from "../backends.ts";
import type { EngineMessage, EngineOrder, EngineSetup } from "./messages.ts";
import { SharedEngine } from "./shared-engine.ts";

assert(parentPort !== null, "this is the main thread");
const port = parentPort;
const setup = workerData as EngineSetup;
const { version, fields } = setup.rules.schema;
const engine = new SharedEngine({
  rules: { ...setup.rules, schema: new Schema(version, fields) },
  backend: backends[setup.backend],
  limits: setup.limits,
  engineVersion: setup.engineVersion,
  ring: setup.ring,
});

port.on("message", (order: EngineOrder) => {
  if (order.kind === "parcel") send({ kind: "released", alerts: engine.run(order) });
  else {
    const alerts = engine.finish();
    send({ kind: "finished", alerts, counters: engine.counters });
    port.close();
  }
});

function send(message: EngineMessage): void {
  port.postMessage(message);
}
