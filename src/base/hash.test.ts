import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { Sha256, sha256Hex } from "./hash.ts";

test("the digests of FIPS 180-2's examples come out", () => {
  assert.equal(
    sha256Hex("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assert.equal(
    sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

test("a text counts as its UTF-8, and pieces as their sum", () => {
  const pieces = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 6 });
  fc.assert(
    fc.property(pieces, (texts) => {
      const expected = createHash("sha256").update(texts.join(""), "utf8").digest("hex");
      assert.equal(sha256Hex(texts.join("")), expected);
      const incremental = new Sha256();
      for (const text of texts) incremental.update(new TextEncoder().encode(text));
      assert.equal(incremental.hex(), expected);
      assert.equal(incremental.hex(), expected, "reading the digest must not change it");
    }),
    { numRuns: 50 },
  );
});
