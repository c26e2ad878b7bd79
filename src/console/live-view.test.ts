import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveView } from "./live-view.ts";

test("only lines that changed are written, and what is gone is wiped", () => {
  const written: string[] = [];
  const view = new LiveView(
    (text) => written.push(text),
    () => ({ rows: 3 }),
  );
  view.draw("one\ntwo\nthree\nfour");
  view.draw("one\n2\nthree\nfour");
  view.draw("one");
  view.draw("one");
  assert.deepEqual(written.slice(1), [
    "\u001b[1;1Hone\u001b[K\u001b[2;1Htwo\u001b[K\u001b[3;1Hthree\u001b[K",
    "\u001b[2;1H2\u001b[K",
    "\u001b[2;1H\u001b[K\u001b[3;1H\u001b[K",
  ]);
});

test("closing gives back the cursor, the wrap and the screen", () => {
  const written: string[] = [];
  const view = new LiveView(
    (text) => written.push(text),
    () => ({ rows: 3 }),
  );
  view.close();
  assert.equal(written.at(-1), "\u001b[?25h\u001b[?7h\u001b[?1049l");
});
