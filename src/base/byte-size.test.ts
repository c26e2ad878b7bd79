import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSize } from "./byte-size.ts";

test("sizes have units of powers of 1024, in any spelling; a number alone counts MiB", () => {
  const sizes: readonly (readonly [string, number])[] = [
    ["64MB", 0x4000000],
    ["64", 0x4000000],
    ["64 MiB", 0x4000000],
    ["512K", 0x80000],
    ["512kb", 0x80000],
    ["2GB", 0x80000000],
    ["1.5m", 0x180000],
    ["0", 0],
  ];
  for (const [text, bytes] of sizes) assert.equal(parseSize(text), bytes, text);
});

test("what is no size is null", () => {
  for (const text of [
    "",
    "MB",
    "-1MB",
    "64B",
    "64 MBs",
    "1e3",
    "64MB ",
    "0x10",
    "1,5MB",
    "9999999999",
  ]) {
    assert.equal(parseSize(text), null, text);
  }
});
