import assert from "node:assert/strict";
import { test } from "node:test";
import { RowSources } from "./row-sources.ts";

test("the pieces of rows give each row's event back, from bytes and from text", () => {
  const first = Buffer.from("skipped\n{1}\nrejected\n{é}\n{3}\n");
  const second = Buffer.from("{5}\n{6}");
  const line = (bytes: Buffer, text: string): [Uint8Array, number, number] => {
    const start = bytes.indexOf(text);
    return [bytes, start, start + Buffer.byteLength(text)];
  };
  const sources = new RowSources();
  const rows = ["{1}", "{é}", "{3}", "{ü4}", "{5}", "{6}", "{5}"];
  sources.setBytes(0, ...line(first, "{1}"));
  sources.setBytes(1, ...line(first, "{é}"));
  sources.setBytes(2, ...line(first, "{3}"));
  sources.setText(3, "{ü4}");
  sources.setBytes(4, ...line(second, "{5}"));
  sources.setBytes(5, ...line(second, "{6}"));
  // Earlier bytes of the same memory can't be part of the piece before.
  sources.setBytes(6, ...line(second, "{5}"));
  const starts = new Int32Array(8);
  const ends = new Int32Array(8);
  const pieces = sources.pieces(rows.length, starts, ends);
  const bytes = Buffer.concat(pieces);
  assert.deepEqual(
    rows.map((_, row) => bytes.subarray(starts[row], ends[row]).toString()),
    rows,
  );
  assert.deepEqual(
    rows.map((_, row) => sources.json(row)),
    rows,
  );
  // Lines that lie one after the other are one piece.
  assert.equal(pieces.length, 4);
  assert.deepEqual(sources.pieces(0, starts, ends), []);
});
