import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { defaultLimits } from "../../base/limits.ts";
import { type LineItem, LineSplitter } from "./line-splitter.ts";
import { openLines } from "./read-lines.ts";

const folder = mkdtempSync(join(tmpdir(), "kestrel-lines-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

async function linesOf(bytes: Uint8Array | string, limits = defaultLimits): Promise<LineItem[]> {
  count += 1;
  const path = join(folder, `${count}`);
  writeFileSync(path, bytes);
  const items: LineItem[] = [];
  for await (const chunk of openLines(path, limits)) items.push(...chunk.items);
  return items;
}

function split(pieces: readonly Buffer[], lineBytes: number): LineItem[] {
  const splitter = new LineSplitter({ ...defaultLimits, lineBytes });
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

test("line ends, blank lines and a byte order mark belong to no line", async () => {
  assert.deepEqual(await linesOf("\ufeff{}\r\n\n  \r\nb\nlast"), ["{}", "b", "last"]);
  assert.deepEqual(await linesOf(""), []);
  assert.deepEqual(await linesOf("\n\n"), []);
});

test("broken UTF-8 becomes U+FFFD and the next line is whole", async () => {
  const bytes = Buffer.concat([Buffer.from([0x61, 0xff, 0x0a]), Buffer.from("ö\n")]);
  assert.deepEqual(await linesOf(bytes), ["a\ufffd", "ö"]);
});

test("gzip is known by its content, members may follow one another", async () => {
  const bytes = Buffer.concat([gzipSync("a\nb"), gzipSync("c\nd\n")]);
  assert.deepEqual(await linesOf(bytes), ["a", "bc", "d"]);
});

test("zeros after the last gzip member, as tapes have them, are left alone", async () => {
  const rest = Buffer.alloc(100_000);
  assert.deepEqual(await linesOf(Buffer.concat([gzipSync("a\nb\n"), rest])), ["a", "b"]);
});

test("gzip that is cut off is a problem after the good lines", async () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${(i * 7919) % 1009}`);
  const packed = gzipSync(`${text.join("\n")}\n`);
  const items = await linesOf(packed.subarray(0, packed.length - 4000));
  const problem = items.at(-1);
  assert.ok(typeof problem === "object" && problem.kind === "broken-input");
  assert.match(problem.message, /cut off/);
  const good = items.slice(0, -1);
  assert.ok(good.length > 10_000, `${good.length} lines`);
  assert.deepEqual(good.slice(0, -1), text.slice(0, good.length - 1));
});

test("gzip that is broken in the middle is a problem after good lines", async () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${(i * 7919) % 1009}`);
  const packed = gzipSync(`${text.join("\n")}\n`);
  packed.fill(0xff, packed.length - 3000, packed.length - 2900);
  const items = await linesOf(packed);
  assert.equal(items[0], "line 0 0");
  const problem = items.at(-1);
  assert.ok(typeof problem === "object" && problem.kind === "broken-input");
});

test("an input that can't be read at all is an error that names it", async () => {
  const missing = join(folder, "missing.jsonl");
  await assert.rejects(openLines(missing, defaultLimits).next(), {
    name: "InputError",
    code: "ENOENT",
    message: `can't read ${missing}: no such file`,
  });
  await assert.rejects(openLines(folder, defaultLimits).next(), { code: "EISDIR" });
});

test("a line over the limit is counted and skipped, the lines beside it are not", () => {
  const text = `a\n${"x".repeat(100)}\n${"y".repeat(10)}\r\nb`;
  const items = split([Buffer.from(text)], 10);
  assert.deepEqual(
    items.map((item) => (typeof item === "string" ? item : item.message)),
    ["a", "a line of 100 bytes is over the limit of 10", "y".repeat(10), "b"],
  );
});

test("a line far over the limit is not held while it comes in", () => {
  const splitter = new LineSplitter({ ...defaultLimits, lineBytes: 1000 });
  const piece = Buffer.alloc(0x10000, 0x61);
  for (let i = 0; i < 1000; i += 1) assert.deepEqual(splitter.push(piece), []);
  const items = splitter.push(Buffer.from("\nok\n"));
  assert.deepEqual(
    items.map((item) => (typeof item === "string" ? item : item.kind)),
    ["line-too-long", "ok"],
  );
});

test("how the bytes are cut into pieces does not change the lines", () => {
  const line = fc.string({ unit: "binary", maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.nat(200), { maxLength: 10 }),
      fc.constantFrom("\n", "\r\n"),
      (lines, cuts, end) => {
        const bytes = Buffer.from(lines.join(end));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
        places.sort((a, b) => a - b);
        const pieces = places.slice(1).map((to, i) => bytes.subarray(places[i], to));
        assert.deepEqual(split(pieces, 16), split([bytes], 16));
      },
    ),
    { numRuns: 300 },
  );
});
