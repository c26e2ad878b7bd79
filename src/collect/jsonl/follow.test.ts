import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { defaultLimits } from "../../base/limits.ts";
import { followLines } from "./follow.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-follow-"));
after(() => rmSync(folder, { recursive: true }));

interface Following {
  readonly path: string;
  readonly lines: string[];
  readonly notices: string[];
  /** Resolves when `count` lines have come. */
  until(count: number): Promise<void>;
  /** Resolves when the file has been looked at twice more. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

function follow(name: string, text: string): Following {
  const path = join(folder, name);
  writeFileSync(path, text);
  const controller = new AbortController();
  const lines: string[] = [];
  const notices: string[] = [];
  let looks = 0;
  let wake = (): void => undefined;
  const done = (async () => {
    for await (const items of followLines(path, {
      limits: defaultLimits,
      signal: controller.signal,
      pollMs: 5,
      onNotice: (message) => notices.push(message),
    })) {
      if (items.length === 0) looks += 1;
      lines.push(...items.map(String));
      wake();
    }
  })();
  async function waitFor(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    path,
    lines,
    notices,
    until: (count) => waitFor(() => lines.length >= count),
    settle: () => {
      const from = looks;
      return waitFor(() => looks >= from + 2);
    },
    stop: () => {
      controller.abort();
      return done;
    },
  };
}

test("what is there comes first, then what is appended; half a line waits", async () => {
  const following = follow("grow", "a\nb\nhal");
  await following.until(2);
  await following.settle();
  assert.deepEqual(following.lines, ["a", "b"]);
  appendFileSync(following.path, "f\nc\n");
  await following.until(4);
  await following.stop();
  assert.deepEqual(following.lines, ["a", "b", "half", "c"]);
});

test("stopping hands out a last line that has no line feed", async () => {
  const following = follow("last", "a\nlast");
  await following.until(1);
  await following.stop();
  assert.deepEqual(following.lines, ["a", "last"]);
});

test("a file that shrinks is read again from its start", async () => {
  const following = follow("shrink", "first\nsecond\n");
  await following.until(2);
  await following.settle();
  truncateSync(following.path, 0);
  await following.settle();
  appendFileSync(following.path, "third\n");
  await following.until(3);
  await following.stop();
  assert.deepEqual(following.lines, ["first", "second", "third"]);
  assert.equal(following.notices.length, 1);
});

test("a file that is replaced is read to its end before its successor", async () => {
  const following = follow("rotate", "one\n");
  await following.until(1);
  await following.settle();
  renameSync(following.path, `${following.path}.1`);
  appendFileSync(`${following.path}.1`, "two\nrest");
  await following.settle();
  writeFileSync(following.path, "new\n");
  await following.until(4);
  await following.stop();
  assert.deepEqual(following.lines, ["one", "two", "rest", "new"]);
});

test("a file that is not there is an error", async () => {
  const lines = followLines(join(folder, "missing"), {
    limits: defaultLimits,
    signal: new AbortController().signal,
  });
  await assert.rejects(lines.next(), { name: "InputError", code: "ENOENT" });
});
