import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LineBlock } from "./line-blocks.ts";
import { LineIndex } from "./line-index.ts";
import { LineWindow, type OrderedLines } from "./line-window.ts";

/** A line: its time in s, no time, or no event; with or without what a time can be guessed from. */
interface Line {
  readonly time: number | "none" | "rejected";
  readonly isPlain: boolean;
}

interface Taken {
  readonly text: string;
  readonly input: string;
  readonly timeNs: bigint;
}

function textOf({ time, isPlain }: Line, number: number): string {
  if (time === "rejected") return `${number} is no event`;
  if (time === "none") return `{"n":${number}}`;
  const iso = `1970-01-01T00:00:${String(time).padStart(2, "0")}Z`;
  return isPlain ? `{"n":${number},"@timestamp":"${iso}"}` : `{"n":${number},"read":"${iso}"}`;
}

/** Reads the lines that `textOf` writes. */
function readTime(bytes: Uint8Array, start: number, end: number): ReturnType<Read> {
  const text = new TextDecoder().decode(bytes.subarray(start, end));
  if (!text.startsWith("{")) return { kind: "rejected", code: "invalid-json", message: text };
  const seconds = /:(\d\d)Z"}$/.exec(text);
  return seconds === null ? null : BigInt(seconds[1]!) * 1_000_000_000n;
}
type Read = ConstructorParameters<typeof LineWindow>[0]["readTime"];

function blockOf(lines: readonly string[], bytes: Uint8Array): LineBlock {
  const encoder = new TextEncoder();
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += encoder.encodeInto(line, bytes.subarray(at)).written;
    ends.push(at);
    bytes[at] = 0x0a;
    at += 1;
  }
  const [from, to] = [Int32Array.from(starts), Int32Array.from(ends)];
  return {
    ...{ bytes, starts: from, ends: to, count: lines.length },
    ...{ offset: 0, problems: [], totalBytes: 0 },
  };
}

function read(runs: readonly OrderedLines[]): Taken[] {
  return runs.flatMap(({ bytes, starts, ends, count, times, input, untimed }) =>
    Array.from({ length: count }, (_unused, i) => {
      const text = new TextDecoder().decode(bytes.subarray(starts[i]!, ends[i]!));
      assert.equal(untimed[i], /^{"n":\d+}$/.test(text) ? 1 : 0);
      const words = new BigInt64Array(times.slice(i * 2, i * 2 + 2).buffer);
      return { text, input, timeNs: words[0]! };
    }),
  );
}

/** What a window hands over, or null where it gives up; the memory of a block is used again after `kept`. */
function windowed(
  inputs: readonly (readonly (readonly string[])[])[],
  limits: { readonly lines: number; readonly bytes: number; readonly kept: number },
): Taken[] | null {
  const window = new LineWindow({ ...limits, readTime, onReject: () => undefined });
  const ring = Array.from({ length: limits.kept + 1 }, () => new Uint8Array(4096));
  const taken: Taken[] = [];
  let turn = 0;
  for (const [index, blocks] of inputs.entries()) {
    window.beginInput();
    for (const lines of blocks) {
      const bytes = ring[turn % ring.length]!.fill(0x21);
      turn += 1;
      if (!window.add(blockOf(lines, bytes), `input ${index}`)) return null;
      taken.push(...read(window.take(false)));
      assert.ok(window.firstHeld <= window.arrivals);
    }
  }
  taken.push(...read(window.take(true)));
  assert.equal(window.firstHeld, window.arrivals);
  return taken;
}

/** The same by an index of all lines. */
function sorted(inputs: readonly (readonly (readonly string[])[])[]): Taken[] {
  const index = new LineIndex();
  const lines: { readonly text: string; readonly input: string }[] = [];
  for (const [number, blocks] of inputs.entries()) {
    for (const text of blocks.flat()) {
      const bytes = new TextEncoder().encode(text);
      const result = readTime(bytes, 0, bytes.length);
      if (typeof result === "object" && result !== null) continue;
      index.add(result, 0, 0);
      lines.push({ text, input: `input ${number}` });
    }
    index.endInput();
  }
  return [...index.inOrder()].map((line) => ({ ...lines[line]!, timeNs: index.timeNs(line) }));
}

const line = fc.record({
  time: fc.oneof(
    { weight: 12, arbitrary: fc.nat(9) },
    { weight: 2, arbitrary: fc.constant("none" as const) },
    { weight: 1, arbitrary: fc.constant("rejected" as const) },
  ),
  isPlain: fc.boolean(),
});
const stream = fc.record({
  /** Each line is so many s later than the one before, on the whole. */
  slope: fc.constantFrom(0, 0.2, 0.5, 1),
  inputs: fc.array(fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 5 }), { maxLength: 3 }),
});
const limits = fc.record({
  lines: fc.constantFrom(0, 1, 3, 8, 1000),
  bytes: fc.constantFrom(0, 100, 500, 1_000_000),
  kept: fc.constantFrom(0, 1, 4),
});

test("a window hands over what sorting all lines gives, or gives up", () => {
  let given = 0;
  let runs = 0;
  fc.assert(
    fc.property(stream, limits, ({ slope, inputs }, size) => {
      let number = 0;
      const texts = inputs.map((blocks) =>
        blocks.map((lines) =>
          lines.map(({ time, isPlain }) => {
            number += 1;
            const later = typeof time === "number" ? time + Math.floor(number * slope) : time;
            return textOf(
              { time: later === time ? time : Math.min(59, Number(later)), isPlain },
              number,
            );
          }),
        ),
      );
      const taken = windowed(texts, size);
      runs += 1;
      if (taken === null) return;
      // A rejected line that looks as if it had a time is handed over like others.
      assert.deepEqual(taken, sorted(texts));
      given += 1;
    }),
    { numRuns: 1500 },
  );
  assert.ok(given > runs / 10, `${given} of ${runs}`);
});

test("a window gives up where a line is older than one handed over, and not before", () => {
  const at = (time: number): string => textOf({ time, isPlain: true }, time);
  const late = [[[at(1), at(2), at(3), at(4)], [at(2)]]];
  const size = { bytes: 1_000_000, kept: 1 };
  assert.equal(windowed(late, { ...size, lines: 1 }), null);
  assert.notEqual(windowed(late, { ...size, lines: 2 }), null);
  assert.equal(
    windowed([[[textOf({ time: "none", isPlain: true }, 1)]]], { ...size, lines: 9 }),
    null,
  );
});

test("a line that stays long after others is copied before its memory is used again", () => {
  const blocks = [[textOf({ time: 59, isPlain: true }, 1)]];
  for (let i = 0; i < 40; i += 1) blocks.push([textOf({ time: i, isPlain: true }, i + 2)]);
  const size = { lines: 3, bytes: 1_000_000, kept: 2 };
  assert.deepEqual(windowed([blocks], size), sorted([blocks]));
});
