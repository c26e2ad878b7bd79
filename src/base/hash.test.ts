import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { PortableState, portableSha256Hex, Sha256, sha256Hex } from "./hash.ts";

test("the digests of FIPS 180-2's examples come out", () => {
  for (const digestOf of [sha256Hex, portableSha256Hex]) {
    assert.equal(
      digestOf("abc"),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    assert.equal(
      digestOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  }
});

test("a lone surrogate counts as U+FFFD, whoever computes", () => {
  const expected = sha256Hex("a\ufffdb");
  assert.equal(sha256Hex("a\ud800b"), expected);
  assert.equal(portableSha256Hex("a\udfffb"), expected);
  assert.equal(new Sha256().update("a\ud800b").hex(), expected);
});

test("a text counts as its UTF-8, and pieces as their sum", () => {
  const pieces = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 6 });
  fc.assert(
    fc.property(pieces, (texts) => {
      const expected = createHash("sha256").update(texts.join(""), "utf8").digest("hex");
      assert.equal(sha256Hex(texts.join("")), expected);
      assert.equal(portableSha256Hex(texts.join("")), expected);
      const incremental = new Sha256();
      const portable = new PortableState();
      for (const text of texts) {
        incremental.update(new TextEncoder().encode(text));
        portable.update(text);
      }
      assert.equal(incremental.hex(), expected);
      assert.equal(portable.copy().digest("hex"), expected);
      assert.equal(incremental.hex(), expected, "reading the digest must not change it");
    }),
    { numRuns: 50 },
  );
});
