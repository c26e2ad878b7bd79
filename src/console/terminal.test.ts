import assert from "node:assert/strict";
import { test } from "node:test";
import { createPaint, usesColor } from "./color.ts";
import { createLog } from "./log.ts";
import { createProgress, progressLine } from "./progress.ts";
import { renderTable } from "./table.ts";
import { shorten, visible } from "./visible.ts";

test("colours are for terminals, and for those only without NO_COLOR", () => {
  assert.equal(usesColor({ isTTY: true }, {}), true);
  assert.equal(usesColor({}, {}), false);
  assert.equal(usesColor({ isTTY: true }, { NO_COLOR: "1" }), false);
  assert.equal(usesColor({ isTTY: true }, { NO_COLOR: "" }), true);
  assert.equal(usesColor({ isTTY: true }, { TERM: "dumb" }), false);
});

test("paint adds colour codes, or nothing", () => {
  assert.equal(createPaint(false)("bad", "x"), "x");
  const painted = createPaint(true)("bad", "x").split("\u001b[");
  assert.equal(painted[0], "");
  assert.ok(painted.some((part) => part.endsWith("mx")));
  assert.notEqual(painted.at(-1), "mx");
});

test("a table has its columns two blanks apart and no blanks at line ends", () => {
  const text = renderTable(
    [{ title: "ID" }, { title: "COST", align: "right" }, { title: "PATH" }],
    [
      ["a", "10", "x"],
      ["längst", "5", ""],
    ],
  );
  assert.equal(text, "ID      COST  PATH\na         10  x\nlängst     5\n");
});

test("decoration does not move columns", () => {
  const plain = renderTable([{ title: "A" }, { title: "B" }], [["1", "2"]]);
  const decorated = renderTable(
    [{ title: "A" }, { title: "B" }],
    [["1", "2"]],
    (text) => `<${text}>`,
  );
  assert.equal(decorated.replace(/[<>]/g, ""), plain);
});

test("a progress line fits its terminal", () => {
  assert.equal(progressLine("work", 0.5, 80), `work  ${"█".repeat(12)}${"░".repeat(12)}  50 %`);
  assert.equal(progressLine("work", null, 80), "work");
  assert.equal(progressLine("work", 2, 10).length, 9);
});

test("progress is shown on a terminal only, at most ten times a second, and taken away", () => {
  const written: string[] = [];
  const write = (text: string): void => {
    written.push(text);
  };
  const silent = createProgress({ write }, () => 0);
  silent.show("a", 0.1);
  silent.end();
  assert.deepEqual(written, []);
  let now = 0;
  const bar = createProgress({ isTTY: true, columns: 80, write }, () => now);
  bar.show("a", null);
  now = 50;
  bar.show("b", null);
  now = 150;
  bar.show("c", null);
  bar.end();
  bar.end();
  assert.deepEqual(written, ["\r\u001b[Ka", "\r\u001b[Kc", "\r\u001b[K"]);
});

test("a log says what is as grave as its level", () => {
  const written: string[] = [];
  const log = createLog("warn", (text) => written.push(text), createPaint(false));
  log.error("a");
  log.warn("b\n");
  log.info("c");
  log.debug("d");
  assert.deepEqual(written, ["error: a\n", "warn: b\n"]);
  log.level = "info";
  log.info("e");
  log.debug("f");
  assert.deepEqual(written.slice(2), ["info: e\n"]);
});

test("control characters become visible, other text stays", () => {
  assert.equal(visible("a\tb\r\n\u0000é✓"), "a\\tb\\r\\n\\u{0}é✓");
});

test("text is shortened by code points", () => {
  assert.equal(shorten("abcdef", 6), "abcdef");
  assert.equal(shorten("abcdef", 4), "abc…");
  assert.equal(shorten("😀😀😀", 3), "😀😀😀");
});
