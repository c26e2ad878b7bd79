import assert from "node:assert/strict";
import { test } from "node:test";
import { untilAborted } from "./until-aborted.ts";

test("without an abort everything comes through", async () => {
  async function* source(): AsyncGenerator<number> {
    yield 1;
    yield 2;
  }
  for (const signal of [undefined, new AbortController().signal]) {
    const got: number[] = [];
    for await (const item of untilAborted(source(), signal)) got.push(item);
    assert.deepEqual(got, [1, 2]);
  }
});

test("an abort ends a source that waits for ever", async () => {
  const controller = new AbortController();
  async function* source(): AsyncGenerator<number> {
    yield 1;
    controller.abort();
    await new Promise(() => undefined);
  }
  const got: number[] = [];
  for await (const item of untilAborted(source(), controller.signal)) got.push(item);
  assert.deepEqual(got, [1]);
});

test("a source that fails fails through it", async () => {
  async function* source(): AsyncGenerator<number> {
    yield 1;
    throw new Error("broken");
  }
  const items = untilAborted(source(), new AbortController().signal);
  await items.next();
  await assert.rejects(items.next(), /broken/);
});

test("a reader that has had enough ends the source", async () => {
  let ended = 0;
  async function* source(): AsyncGenerator<number> {
    try {
      yield 1;
      yield 2;
    } finally {
      ended += 1;
    }
  }
  for (const signal of [undefined, new AbortController().signal]) {
    for await (const _item of untilAborted(source(), signal)) break;
  }
  assert.equal(ended, 2);
});
