import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Prng } from "../base/prng.ts";
import { decodeHead, encodeFrame, frameMarker, headBytes } from "./frame.ts";
import { eventLine, type LogContents, readLog, withFolder, writeLog } from "./log.fixture.ts";
import { LogError } from "./log-error.ts";

const lines: readonly string[] = Array.from({ length: 6 }, (_unused, i) => eventLine(i));

/** What can be read with one byte changed; null where it is said to be no log. */
function readDamaged(
  path: string,
  bytes: Buffer,
  offset: number,
  value: number,
): LogContents | null {
  const damaged = Buffer.from(bytes);
  damaged[offset] = value;
  writeFileSync(path, damaged);
  try {
    return readLog(path);
  } catch (error) {
    if (error instanceof LogError) return null;
    throw error;
  }
}

/** Checks that nothing is believed that was not written, and that what is missing is told. */
function check(contents: LogContents | null, whole: readonly string[], perBlock: number): string {
  if (contents === null) return "refused";
  const { records, damages } = contents;
  const kept = whole.filter((record) => records.includes(record));
  assert.deepEqual(records, kept, "a record is wrong, or in another place");
  if (damages.length === 0) {
    assert.deepEqual(records, whole, "records are missing and nothing is said");
    return "harmless";
  }
  for (const { why } of damages) assert.notEqual(why, "");
  assert.ok(whole.length - records.length <= perBlock, "more than the damaged block is missing");
  return "found";
}

test("every changed byte is found, and costs no more than its block", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    writeLog(path, lines, 2);
    const bytes = readFileSync(path);
    const { records, damages } = readLog(path);
    assert.deepEqual([records.length, damages.length], [lines.length, 0]);
    const counts: Record<string, number> = {};
    for (let offset = 0; offset < bytes.length; offset += 1) {
      for (const value of [bytes[offset]! ^ 1, bytes[offset]! ^ 0x80, 0]) {
        if (value === bytes[offset]) continue;
        const verdict = check(readDamaged(path, bytes, offset, value), records, 2);
        counts[verdict] = (counts[verdict] ?? 0) + 1;
      }
    }
    assert.equal(counts["harmless"] ?? 0, 0);
    // Lengths in the header are believed by nothing but its checksum.
    assert.equal(counts["refused"] ?? 0, 0);
    assert.ok(counts["found"]! > bytes.length);
  });
});

const rounds = Number(process.env["KESTREL_LOG_FLIPS"] ?? 1000);

test(`${rounds} random changes to a larger log are found`, () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    const many = Array.from({ length: 400 }, (_unused, i) => eventLine(i, `${i}`.repeat(i % 90)));
    writeLog(path, many, 50);
    const bytes = readFileSync(path);
    const { records } = readLog(path);
    const random = new Prng(7);
    for (let round = 0; round < rounds; round += 1) {
      const offset = random.int(bytes.length);
      const value = random.int(256);
      if (value === bytes[offset]) continue;
      const verdict = check(readDamaged(path, bytes, offset, value), records, 50);
      assert.equal(verdict, "found", `offset ${offset}, value ${value}`);
    }
  });
});

test("a damaged block is named, and becomes a gap with its time and its events", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    writeLog(path, lines, 2);
    const bytes = readFileSync(path);
    const heads = markers(bytes);
    const second = heads[1]!;
    const contents = readDamaged(path, bytes, second + 200, bytes[second + 200]! ^ 1)!;
    const [damage] = contents.damages;
    assert.deepEqual([damage?.block, damage?.offset, damage?.file], [1, second, path]);
    assert.match(damage!.why, /does not match its checksum/);
    const seconds = [2, 3].map((n) => String(BigInt(Date.UTC(2026, 0, 1, 0, 0, n)) * 1_000_000n));
    assert.deepEqual(contents.gaps, [`gap 2 ${seconds.join(" ")}`]);
  });
});

test("where the head of a block is damaged, nobody knows how many events are lost", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    writeLog(path, lines, 2);
    const bytes = readFileSync(path);
    const second = markers(bytes)[1]!;
    const contents = readDamaged(path, bytes, second + 20, bytes[second + 20]! ^ 1)!;
    assert.match(contents.damages[0]!.why, /head of the block is damaged/);
    const seconds = [1, 4].map((n) => String(BigInt(Date.UTC(2026, 0, 1, 0, 0, n)) * 1_000_000n));
    assert.deepEqual(contents.gaps, [`gap null ${seconds.join(" ")}`]);
    assert.equal(contents.records.length, 4);
  });
});

test("a file that ends anywhere loses at most its last block, and says so", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    writeLog(path, lines, 2);
    const bytes = readFileSync(path);
    const whole = readLog(path).records;
    const heads = markers(bytes);
    const headerEnd = heads[0]!;
    for (let size = bytes.length - 1; size >= 0; size -= 1) {
      writeFileSync(path, bytes);
      truncateSync(path, size);
      if (size < headerEnd) {
        const code = size === 0 ? "empty" : "cut-header";
        assert.throws(
          () => readLog(path),
          (error) => error instanceof LogError && error.code === code,
        );
        continue;
      }
      const { records, damages } = readLog(path);
      const complete = heads.slice(1, 4).filter((end) => end <= size).length;
      assert.deepEqual(records, whole.slice(0, complete * 2), `${size} bytes`);
      assert.equal(damages.length, heads.includes(size) ? 0 : 1, `${size} bytes`);
      if (damages.length > 0) assert.match(damages[0]!.why, /was not finished/);
    }
  });
});

test("blocks that change places, come twice or go missing are found by the chain", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    writeLog(path, lines, 2);
    const bytes = readFileSync(path);
    const [a, b, c, end] = markers(bytes) as [number, number, number, number];
    const header = bytes.subarray(0, a);
    const parts = { a: bytes.subarray(a, b), b: bytes.subarray(b, c), c: bytes.subarray(c, end) };
    const read = (...blocks: Buffer[]): LogContents => {
      writeFileSync(path, Buffer.concat([header, ...blocks, bytes.subarray(end)]));
      return readLog(path);
    };
    assert.equal(read(parts.a, parts.b, parts.c).damages.length, 0);
    const missing = read(parts.a, parts.c);
    assert.match(missing.damages[0]!.why, /blocks 1 to 1 are missing/);
    assert.equal(missing.records.length, 4);
    const twice = read(parts.a, parts.b, parts.b, parts.c);
    assert.match(twice.damages[0]!.why, /which was there before/);
    assert.equal(twice.records.length, 6);
    assert.ok(read(parts.b, parts.a, parts.c).damages.length > 0);
  });
});

test("a block that was replaced by a sealed one breaks the chain", () => {
  withFolder((folder) => {
    const [path, other] = [join(folder, "a.klog"), join(folder, "b.klog")];
    writeLog(path, lines, 2);
    writeLog(other, [lines[0]!, lines[1]!, eventLine(2, "forged")], 2);
    const bytes = readFileSync(path);
    const [a, b, c] = markers(bytes) as [number, number, number];
    const forged = readFileSync(other);
    const [, from, to] = markers(forged) as [number, number, number];
    const head = decodeHead(bytes.subarray(b))!;
    const frame = encodeFrame({ ...head }, forged.subarray(from + headBytes, to));
    writeFileSync(path, Buffer.concat([bytes.subarray(0, b), frame.bytes, bytes.subarray(c)]));
    const { damages } = readLog(path);
    assert.equal(a, markers(readFileSync(path))[0]);
    assert.deepEqual(
      damages.map(({ block }) => block),
      [2],
    );
    assert.match(damages[0]!.why, /the hash chain is broken/);
  });
});

test("a block of another log is not believed", () => {
  withFolder((folder) => {
    const [path, other] = [join(folder, "a.klog"), join(folder, "b.klog")];
    writeLog(path, lines, 2);
    writeLog(other, lines, 2);
    const bytes = readFileSync(path);
    const foreign = readFileSync(other);
    const [, b, c] = markers(bytes) as [number, number, number];
    const [, from, to] = markers(foreign) as [number, number, number];
    const mixed = [bytes.subarray(0, b), foreign.subarray(from, to), bytes.subarray(c)];
    writeFileSync(path, Buffer.concat(mixed));
    const { records, damages } = readLog(path);
    assert.equal(records.length, 4);
    assert.equal(damages[0]?.block, 1);
  });
});

/** Offsets of the heads in a file. */
function markers(bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = bytes.indexOf(frameMarker); at !== -1; at = bytes.indexOf(frameMarker, at + 1)) {
    offsets.push(at);
  }
  return offsets;
}
