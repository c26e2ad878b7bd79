import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { Block } from "./block.ts";
import { BlockBuilder } from "./block-builder.ts";
import { directoryStart } from "./block-format.ts";
import { eventLine, recordOf } from "./log.fixture.ts";
import { LogError } from "./log-error.ts";
import { unpack } from "./section.ts";

function build(): Buffer {
  const builder = new BlockBuilder(defaultLimits);
  for (let i = 0; i < 20; i += 1) builder.add(...recordOf(eventLine(i, "é".repeat(i))));
  return builder.build().payload;
}

/** Reads all of a block that somebody made up. */
function readAll(payload: Buffer): void {
  const block = new Block(payload);
  block.entities();
  for (let row = 0; row < block.count; row += 1) block.text(row);
  for (const [path] of block.directory.columns) {
    const column = block.column(path)!;
    for (let number = 1; number <= column.distinct; number += 1) column.value(number);
    for (let list = 0; list < column.lists; list += 1) column.list(list);
  }
}

function withDirectory(payload: Buffer, text: string): Buffer {
  const stored = payload.readUInt32LE(0);
  const raw = Buffer.from(text);
  const sizes = Buffer.alloc(directoryStart);
  sizes.writeUInt32LE(raw.length, 0);
  sizes.writeUInt32LE(raw.length, 4);
  return Buffer.concat([sizes, raw, payload.subarray(directoryStart + stored)]);
}

test("contents that a checksum vouches for may be wrong all the same: they give an error of their own", () => {
  const payload = build();
  const stored = payload.subarray(directoryStart, directoryStart + payload.readUInt32LE(0));
  const text = unpack(stored, payload.readUInt32LE(4)).toString();
  readAll(withDirectory(payload, text));
  const random = new Prng(3);
  const pieces = ["0", "1", "-1", "4294967295", "null", "[]", "{}", '"a"', "1.5", "", ",", "]"];
  let refused = 0;
  for (let round = 0; round < 3000; round += 1) {
    const numbers = [...text.matchAll(/\d+|null|"[^"]*"|[[\],]/g)];
    const { index, 0: token } = random.pick(numbers);
    const changed = text.slice(0, index) + random.pick(pieces) + text.slice(index + token.length);
    try {
      readAll(withDirectory(payload, changed));
    } catch (error) {
      assert.ok(error instanceof LogError, `${(error as Error).stack}\n${changed}`);
      refused += 1;
    }
  }
  assert.ok(refused > 1000, `only ${refused} were refused`);
});

test("packed contents that are damaged give an error of their own", () => {
  const payload = build();
  const random = new Prng(4);
  for (let round = 0; round < 2000; round += 1) {
    const changed = Buffer.from(payload);
    changed[random.int(changed.length)] = random.int(256);
    try {
      readAll(changed);
    } catch (error) {
      assert.ok(error instanceof LogError, (error as Error).stack);
    }
  }
});
