import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { defaultLimits } from "../../base/limits.ts";
import { Prng } from "../../base/prng.ts";
import { openLineBlocks } from "./line-blocks.ts";
import { openLines } from "./read-lines.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-blocks-"));
after(() => rmSync(folder, { recursive: true }));

interface Lines {
  readonly lines: string[];
  readonly problems: string[];
}

async function asBlocks(path: string, lineBytes: number): Promise<Lines> {
  const lines: string[] = [];
  const problems: string[] = [];
  for await (const block of openLineBlocks(path, { ...defaultLimits, lineBytes })) {
    for (let i = 0; i < block.count; i += 1) {
      const end = block.ends[i]!;
      assert.ok(block.bytes[end]! < 0x20, "a control character ends the line");
      assert.ok(block.bytes.length >= end + 4, "bytes after the line can be read");
      lines.push(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(
          block.bytes.subarray(block.starts[i], end),
        ),
      );
    }
    problems.push(...block.problems.map(({ message }) => message));
  }
  return { lines, problems };
}

async function asText(path: string, lineBytes: number): Promise<Lines> {
  const lines: string[] = [];
  const problems: string[] = [];
  for await (const { items } of openLines(path, { ...defaultLimits, lineBytes })) {
    for (const item of items) {
      if (typeof item === "string") lines.push(item);
      else problems.push(item.message);
    }
  }
  return { lines, problems };
}

async function check(bytes: Uint8Array | string, lineBytes = 1000): Promise<Lines> {
  const path = join(folder, "input");
  writeFileSync(path, bytes);
  const blocks = await asBlocks(path, lineBytes);
  assert.deepEqual(blocks, await asText(path, lineBytes));
  return blocks;
}

test("blocks hold the lines that a reader of text gives", async () => {
  const { lines } = await check("\ufeff{}\r\n\n  \r\n\u00a0\nb\n\ufeffc\nlast");
  assert.deepEqual(lines, ["{}", "b", "\ufeffc", "last"]);
  for (const text of ["", "\n", "\n\n", "\ufeff", "\ufeff\n", "a", "a\r", "\r\n", "a\r\nb\r\n"]) {
    await check(text);
  }
  await check(Buffer.concat([Buffer.from([0x61, 0xff, 0x0a]), Buffer.from("ö\n")]));
});

test("lines over the limit are told with their size, wherever they lie in the blocks", async () => {
  const long = (bytes: number): string => "x".repeat(bytes);
  const { problems } = await check(
    `a\n${long(1000)}\n${long(1001)}\nb\n${long(3_000_000)}\r\nc\n${long(5000)}`,
  );
  assert.equal(problems.length, 3);
  await check(long(2_500_000));
  const text = `${long(1_500_000)}\nb\n${long(1_048_576)}\n${long(9)}\r\n`;
  assert.deepEqual(
    (await check(text, 2_000_000)).lines.map((line) => line.length),
    [1_500_000, 1, 1_048_576, 9],
  );
});

test("many lines of random length come out whole", async () => {
  const random = new Prng(5);
  const lines = Array.from(
    { length: 30_000 },
    (_unused, i) => `${i}${"y".repeat(random.int(200))}`,
  );
  assert.deepEqual((await check(lines.join("\n"))).lines, lines);
  assert.deepEqual((await check(gzipSync(lines.join("\r\n")))).lines, lines);
});

test("packed data that break off are a problem after the good lines", async () => {
  const lines = Array.from({ length: 20_000 }, (_unused, i) => `line ${i} ${(i * 7919) % 1009}`);
  const packed = gzipSync(lines.join("\n"));
  const { problems } = await check(packed.subarray(0, packed.length - 4000));
  assert.match(problems.join(), /cut off/);
  await assert.rejects(openLineBlocks(join(folder, "missing"), defaultLimits).next(), {
    name: "InputError",
  });
});

test("the bytes of a block stay until as many more as were asked for have been given", async () => {
  const path = join(folder, "kept");
  const lines = Array.from({ length: 100_000 }, (_unused, i) => `${i} ${"z".repeat(i % 250)}`);
  writeFileSync(path, lines.join("\n"));
  for (const kept of [0, 1, 3]) {
    const blocks: { readonly bytes: Uint8Array; readonly copy: Uint8Array }[] = [];
    let overwritten = 0;
    for await (const { bytes, ends, count } of openLineBlocks(path, defaultLimits, kept)) {
      for (const [i, block] of blocks.entries()) {
        const isSame = Buffer.compare(block.bytes.subarray(0, block.copy.length), block.copy) === 0;
        if (!isSame) overwritten += 1;
        assert.ok(isSame || i < blocks.length - kept, `block ${i} of ${blocks.length}`);
      }
      blocks.push({ bytes, copy: new Uint8Array(bytes.subarray(0, ends[count - 1])) });
    }
    assert.ok(blocks.length > 5, `${blocks.length} blocks`);
    assert.ok(overwritten > 0, `none of ${blocks.length} overwritten with ${kept} kept`);
  }
});
