import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defaultLimits } from "../base/limits.ts";
import { itemJson } from "../collect/item-json.fixture.ts";
import { unifiedMount } from "../collect/linux/control-groups.ts";
import { makeOwnGroup, whyNoGroup } from "../collect/linux/own-group.fixture.ts";
import { CommandFailure } from "./failure.ts";
import { hostSources } from "./host-sources.ts";
import type { SourceContext } from "./sources.ts";

function contextOf(cgroupId: bigint | null): SourceContext {
  return {
    limits: defaultLimits,
    interest: null,
    scope: { cgroupId, uid: null, folders: [] },
    hashes: undefined,
    onNotice: () => undefined,
  };
}

test("a control group is found by the id that --cgroup gives", { skip: whyNoGroup }, async () => {
  const group = makeOwnGroup()!;
  const { ino } = statSync(join(unifiedMount()!, group.path), { bigint: true });
  const source = await hostSources.proc.open({ kind: "proc" }, contextOf(ino));
  const signal = AbortSignal.timeout(10_000);
  const running = group.start("sleep 1.5");
  const actions = new Set<string>();
  try {
    for await (const items of source.items(signal)) {
      for (const item of items) {
        const { event } = JSON.parse(itemJson(item)) as { event?: { action: string } };
        if (event !== undefined) actions.add(event.action);
      }
      if (actions.has("end")) break;
    }
  } finally {
    running.kill();
    source.close();
    await group.remove();
  }
  assert.ok(actions.has("exec") && actions.has("end"));
});

test("a control group that is not there is refused", { skip: whyNoGroup }, async () => {
  await assert.rejects(
    hostSources.proc.open({ kind: "proc" }, contextOf(0xffffffffffn)),
    CommandFailure,
  );
});

test("an audit log that is not there is refused", async () => {
  await assert.rejects(
    hostSources.audit.open({ kind: "audit", path: "/none/audit.log" }, contextOf(null)),
    CommandFailure,
  );
});
