import assert from "node:assert/strict";
import { test } from "node:test";
import { eventActions, eventCategories, eventTypes, findAction } from "./event-table.ts";

test("every action belongs to a native category and a known type", () => {
  const categories = new Set(
    eventCategories.filter(({ native }) => native).map(({ name }) => name),
  );
  const types = new Set(eventTypes.map(({ name }) => name));
  for (const action of eventActions) {
    for (const category of action.categories) assert.ok(categories.has(category), action.name);
    for (const type of action.types) assert.ok(types.has(type), action.name);
    assert.equal(action.category, action.categories[0]);
    assert.equal(action.type, action.types[0]);
  }
});

test("no name means two actions", () => {
  const names = eventActions.flatMap((action) => [action.name, ...action.aliases]);
  assert.equal(new Set(names).size, names.length);
});

test("an action is found by its own name and by the names of other sensors", () => {
  for (const name of ["exec", "exec_event", "ProcessRollup2", "executed", "process_started"]) {
    assert.equal(findAction(name)?.name, "exec");
  }
  assert.equal(findAction("user_login")?.name, "ssh_login");
  assert.equal(findAction("EXEC"), undefined);
});
