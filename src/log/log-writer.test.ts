import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defaultLimits } from "../base/limits.ts";
import { eventLine, openWriter, readLog, recordOf, withFolder, writeLog } from "./log.fixture.ts";
import { LogError } from "./log-error.ts";
import { segmentPath } from "./log-paths.ts";
import type { AcknowledgedBlock } from "./log-writer.ts";
import { encodeHeader, segmentMagic } from "./segment-header.ts";

const lines: readonly string[] = Array.from({ length: 12 }, (_unused, i) => eventLine(i));

function textsOf(records: readonly string[]): string[] {
  return records.map((record) => record.slice(record.indexOf(" ") + 1));
}

test("records come back as they were written, in all their kinds", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    const all = [
      ...lines,
      '{"@timestamp":"2026-01-01T00:01:00Z","kestrel":{"record":"gap","gap":{"lost":2}}}',
      '{"@timestamp":"2026-01-01T00:01:01Z","kestrel":{"record":"heartbeat"}}',
      '{ "@timestamp" : "2026-01-01T00:01:02Z", "b": 1.0, "b": 90071992547409931, "é": "\\u00e9 ü" }',
    ];
    writeLog(path, all, 4);
    const { records, damages, gaps } = readLog(path);
    assert.deepEqual(textsOf(records), all);
    assert.deepEqual([damages, gaps], [[], []]);
  });
});

test("of heartbeats in a row the last is kept, with what follows or at the end", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    const heartbeat = (second: number): string =>
      JSON.stringify({
        "@timestamp": `2026-01-01T00:00:${second}Z`,
        kestrel: { record: "heartbeat" },
      });
    const all = [
      eventLine(9),
      ...[10, 11, 12].map(heartbeat),
      eventLine(13),
      heartbeat(14),
      heartbeat(15),
    ];
    writeLog(path, all, 100);
    const kept = [all[0], heartbeat(12), all[4], heartbeat(15)];
    assert.deepEqual(textsOf(readLog(path).records), kept);
  });
});

test("a block ends when it is full, when its first record has waited, and at the end", () => {
  withFolder((folder) => {
    let now = 0;
    const blocks: AcknowledgedBlock[] = [];
    const log = openWriter(join(folder, "a.klog"), {
      limits: { ...defaultLimits, logBlockRows: 3 },
      nowMs: () => now,
      blockMs: 1000,
      sync: "block",
      onAcknowledge: (block) => blocks.push(block),
    });
    for (const line of lines.slice(0, 4)) log.write(...recordOf(line));
    assert.deepEqual(
      blocks.map(({ records }) => records),
      [3],
    );
    now = 999;
    log.tick();
    assert.equal(blocks.length, 1);
    now = 1000;
    log.tick();
    assert.deepEqual(
      blocks.map(({ records }) => records),
      [3, 1],
    );
    log.write(...recordOf(lines[4]!));
    log.close();
    assert.deepEqual(
      blocks.map(({ records, block }) => [records, block]),
      [
        [3, 0],
        [1, 1],
        [1, 2],
      ],
    );
    assert.deepEqual([log.acknowledged, log.lost], [5, 0]);
  });
});

test("under `interval` blocks are acknowledged when the disk was waited for", () => {
  withFolder((folder) => {
    let now = 0;
    const log = openWriter(join(folder, "a.klog"), { nowMs: () => now, sync: "interval" });
    log.write(...recordOf(lines[0]!));
    log.flush();
    assert.equal(log.acknowledged, 0);
    now = 1000;
    log.tick();
    assert.equal(log.acknowledged, 1);
    log.write(...recordOf(lines[1]!));
    log.close();
    assert.equal(log.acknowledged, 2);
  });
});

test("segments end by size and by time, and continue one another", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    let now = 0;
    const log = openWriter(path, { segmentBytes: 2500, segmentMs: 10_000, nowMs: () => now });
    for (const line of lines) {
      log.write(...recordOf(line));
      log.flush();
    }
    const bySize = readdirSync(folder).length;
    assert.ok(bySize > 2, `${bySize} segments`);
    now = 10_000;
    log.tick();
    log.write(...recordOf(eventLine(50)));
    log.close();
    assert.equal(readdirSync(folder).length, bySize + 1);
    const { records, damages } = readLog(path);
    assert.deepEqual(textsOf(records), [...lines, eventLine(50)]);
    assert.deepEqual(damages, []);
    // One segment is a log by itself, and so is a folder.
    assert.equal(readLog(segmentPath(path, 1)).damages.length, 0);
    assert.deepEqual(readLog(folder).records, records);
  });
});

test("retention removes the oldest segments, and what is left is a log", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    const retainBytes = 8000;
    writeLog(path, lines, 1, { segmentBytes: 2500, retainBytes });
    const sizes = readdirSync(folder).map((name) => readFileSync(join(folder, name)).length);
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= retainBytes + 2500);
    assert.ok(!readdirSync(folder).includes("a.klog"));
    const { records, damages } = readLog(path);
    assert.deepEqual(textsOf(records), lines.slice(-records.length));
    assert.ok(records.length > 0 && records.length < lines.length);
    assert.deepEqual(damages, []);
  });
});

test("a segment that is missing between two others is an error", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    writeLog(path, lines, 1, { segmentBytes: 2500 });
    rmSync(segmentPath(path, 1));
    assert.throws(() => readLog(path), /segment 1 of the log is missing/);
    writeLog(path, lines.slice(0, 1), 1);
    assert.throws(() => readLog(path), /segment 1 of the log is missing/);
  });
});

test("a segment that was put in the place of another breaks the chain", () => {
  withFolder((folder) => {
    const [path, other] = [join(folder, "a.klog"), join(folder, "b.klog")];
    writeLog(path, lines, 1, { segmentBytes: 2500 });
    writeLog(other, lines, 1, { segmentBytes: 2500 });
    renameSync(segmentPath(other, 1), segmentPath(path, 1));
    assert.throws(() => readLog(path), /segment 1 of the log is missing/);
  });
});

test("a segment of another history of the same log breaks the chain", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    for (const i of [0, 1, 2]) writeLog(path, lines.slice(i, i + 1), 1);
    const last = readFileSync(segmentPath(path, 2));
    for (const i of [1, 2]) rmSync(segmentPath(path, i));
    writeLog(path, lines.slice(1, 3), 1);
    writeFileSync(segmentPath(path, 2), last);
    const { damages } = readLog(path);
    assert.deepEqual(
      damages.map(({ block, file }) => [block, file]),
      [[null, segmentPath(path, 2)]],
    );
    assert.match(damages[0]!.why, /the segment does not continue/);
  });
});

test("a log is continued, also after a crash in the middle of a block", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    writeLog(path, lines.slice(0, 6), 2);
    writeLog(path, lines.slice(6, 8), 2);
    const torn = readFileSync(segmentPath(path, 1)).subarray(0, 300);
    appendFileSync(segmentPath(path, 1), torn.subarray(torn.length - 20));
    writeLog(path, lines.slice(8), 2);
    const { records, damages, gaps } = readLog(path);
    assert.deepEqual(textsOf(records), lines);
    assert.equal(damages.length, 1);
    assert.equal(damages[0]!.file, segmentPath(path, 1));
    assert.match(damages[0]!.why, /was not finished/);
    assert.equal(gaps.length, 1);
  });
});

test("a crash while a segment is begun leaves nothing that a reader meets", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    writeLog(path, lines.slice(0, 2), 1);
    writeFileSync(`${segmentPath(path, 1)}.new`, Buffer.alloc(7));
    assert.equal(readLog(path).records.length, 2);
    writeLog(path, lines.slice(2, 4), 1);
    assert.deepEqual(textsOf(readLog(folder).records), lines.slice(0, 4));
    assert.deepEqual(readdirSync(folder).sort(), ["a.000001.klog", "a.klog"]);
  });
});

test("two writers of one log don't write into one file", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    const losses: string[] = [];
    const first = openWriter(path, {
      segmentBytes: 1,
      onLoss: ({ message }) => losses.push(message),
    });
    first.write(...recordOf(lines[0]!));
    first.flush();
    writeLog(path, [lines[1]!], 1);
    first.write(...recordOf(lines[2]!));
    first.flush();
    assert.match(losses[0]!, /another program writes this log/);
    assert.deepEqual(textsOf(readLog(path).records), lines.slice(0, 2));
  });
});

test("each input that is no log has an error of its own", () => {
  withFolder((folder) => {
    const path = join(folder, "a.klog");
    const messages = new Set<string>();
    const refuse = (bytes: Uint8Array, code: string): void => {
      writeFileSync(path, bytes);
      assert.throws(
        () => readLog(path),
        (error) => {
          assert.ok(error instanceof LogError);
          assert.equal(error.code, code, error.message);
          assert.ok(error.message.includes(path));
          messages.add(error.message);
          return true;
        },
      );
    };
    refuse(Buffer.alloc(0), "empty");
    refuse(Buffer.from('{"@timestamp":"2026-01-01T00:00:00Z"}\n'), "not-a-log");
    refuse(segmentMagic.subarray(0, 5), "cut-header");
    refuse(newerHeader(), "newer-version");
    rmSync(path);
    assert.throws(() => readLog(path), /no such file/);
    assert.equal(messages.size, 4);
  });
});

/** A header of the next version of the format, whose checksum is right. */
function newerHeader(): Buffer {
  const header = encodeHeader(
    {
      logId: "00".repeat(16),
      segment: 0,
      continues: null,
      engineVersion: "9",
      schemaHash: "",
      schemaVersion: "",
      rulePackHash: null,
      host: null,
      clock: null,
      timestampField: "@timestamp",
      timestampUnit: "ms",
    },
    2,
  );
  return header.bytes;
}

const isRoot = process.getuid?.() === 0;

test("a full disk costs what is written while it is full, and is told", (context) => {
  withFolder((folder) => {
    const mount = join(folder, "small");
    mkdirSync(mount);
    const mounted = isRoot
      ? spawnSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", mount]).status === 0
      : false;
    if (!mounted) {
      context.skip("no small file system can be mounted");
      return;
    }
    try {
      checkFullDisk(mount);
    } finally {
      spawnSync("umount", ["--lazy", mount]);
    }
  });
});

function checkFullDisk(folder: string): void {
  const path = join(folder, "a.klog");
  const filler = join(folder, "filler");
  const losses: string[] = [];
  // More than what is left of a page, packed.
  const large = [0, 1, 2, 3].map((i) => eventLine(i, randomBytes(5000).toString("base64")));
  const log = openWriter(path, { onLoss: ({ message }) => losses.push(message), sync: "block" });
  log.write(...recordOf(large[0]!));
  log.flush();
  fillUp(filler);
  for (const line of large.slice(1, 3)) {
    log.write(...recordOf(line));
    log.flush();
  }
  assert.equal(losses.length, 2);
  assert.match(losses[0]!, /no space left/);
  assert.equal(log.lost, 2);
  rmSync(filler);
  log.write(...recordOf(large[3]!));
  log.close();
  const { records, damages } = readLog(path);
  assert.deepEqual(damages, []);
  const texts = textsOf(records);
  assert.deepEqual([texts[0], texts[2]], [large[0], large[3]]);
  const gap = JSON.parse(texts[1]!) as { kestrel: { gap: { lost: number } } };
  assert.equal(gap.kestrel.gap.lost, 2);
  assert.equal(texts.length, 3);
}

function fillUp(path: string): void {
  try {
    for (;;) appendFileSync(path, Buffer.alloc(4096));
  } catch {
    // Full.
  }
}
