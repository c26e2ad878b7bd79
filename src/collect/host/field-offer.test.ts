import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { JsonValue } from "../../base/json.ts";
import { eventActions } from "../../schema/event-table.ts";
import { builtInSchema } from "../../schema/field-table.ts";
import { userActions } from "../audit/user-events.ts";
import { readFileFacts } from "../linux/process-files.ts";
import { Accounts } from "./accounts.ts";
import { actor, pick, Recorder } from "./activity.fixture.ts";
import { everyActivity, knownProcess } from "./every-activity.fixture.ts";
import { hostActions, offeredFields } from "./field-offer.ts";

/** Paths of all values; members of records in lists too, the list itself not. */
function leaves(value: JsonValue, path: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return [path];
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, path));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) =>
    leaves(item as JsonValue, path === "" ? key : `${path}.${key}`),
  );
}

/** What events carry, by action: all activities, with everything that can be told. */
async function carriedFields(): Promise<Map<string, Set<string>>> {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-offer-"));
  const path = join(folder, "a.bin");
  const passwd = join(folder, "passwd");
  writeFileSync(path, "content");
  writeFileSync(passwd, "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n");
  const recorder = new Recorder({
    accounts: new Accounts(passwd, passwd),
    hashExecutables: true,
    hashFiles: true,
  });
  const facts = readFileFacts(path)!;
  recorder.feed(...knownProcess(path, facts));
  await recorder.events.hashed();
  recorder.feed(...everyActivity(path, facts));
  const strangers = everyActivity(path, facts)
    .filter(({ kind }) => kind !== "exec")
    .map((activity, index) => {
      const stranger = { ...activity, actor: actor(5000 + index, 10) };
      return stranger.kind === "fork" ? { ...stranger, childPid: 6000 } : stranger;
    });
  recorder.feed(...strangers);
  rmSync(folder, { recursive: true });
  const carried = new Map<string, Set<string>>();
  for (const event of recorder.parsed()) {
    const action = String(pick(event, "event.action")[0]);
    const known = carried.get(action) ?? new Set();
    for (const leaf of leaves(event as JsonValue, "")) known.add(leaf);
    carried.set(action, known);
  }
  return carried;
}

/** What only /proc tells. */
const fromProc: ReadonlySet<string> = new Set([
  ...["process.supplemental_groups.id", "container.id", "container.runtime"],
]);

describe("the offer of fields", () => {
  it("is what events of each action carry", async () => {
    const carried = await carriedFields();
    const offered = offeredFields(hostActions());
    for (const [action, fields] of offered) {
      if (action === "already_running") continue;
      const found = carried.get(action) ?? new Set();
      const missing = [...fields].filter((path) => !found.has(path) && !fromProc.has(path));
      const unexpected = [...found].filter((path) => !fields.has(path));
      assert.deepEqual({ action, missing, unexpected }, { action, missing: [], unexpected: [] });
    }
  });

  it("names actions and fields of the tables only", () => {
    const actions = new Set(eventActions.map(({ name }) => name));
    const schema = builtInSchema();
    for (const [action, fields] of offeredFields(hostActions())) {
      assert.ok(actions.has(action), action);
      for (const path of fields) {
        assert.ok(schema.find(path) !== undefined, path);
      }
    }
    // The process connector tells of the one, the audit system of the others.
    const made = new Set([...hostActions(), "coredump", ...userActions]);
    assert.deepEqual(
      [...actions].filter((name) => !made.has(name)),
      [],
    );
  });

  it("leaves out what a sensor lacks", () => {
    const offer = offeredFields(["exec"], ["process.hash", "process.env_vars", "process.arg"]);
    const fields = offer.get("exec")!;
    assert.deepEqual(
      ["process.hash.sha256", "process.env_vars", "process.args"].map((path) => fields.has(path)),
      [false, false, true],
    );
  });
});
