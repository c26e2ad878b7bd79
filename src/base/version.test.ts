import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareVersions, isVersion } from "./version.ts";

/** Ascending; the first seven are the example of semver.org, section 11. */
const ascending = [
  "1.0.0-alpha",
  "1.0.0-alpha.1",
  "1.0.0-alpha.beta",
  "1.0.0-beta",
  "1.0.0-beta.2",
  "1.0.0-beta.11",
  "1.0.0-rc.1",
  "1.0.0",
  "1.0.0+build.7",
  "1.2",
  "1.2.4-SNAPSHOT",
  "1.2.4",
  "1.11.3",
  "2.0.0",
  "10.0.0",
  "18446744073709551617.0.0",
  "01.2.3",
  "1.0.0-01",
  "bad",
  "v1.2.3",
];

test("versions sort by precedence and what is none comes last, by text", () => {
  for (let i = 0; i < ascending.length; i += 1) {
    for (let j = 0; j < ascending.length; j += 1) {
      const [a, b] = [ascending[i]!, ascending[j]!];
      assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} against ${b}`);
    }
  }
});

test("leading zeros, letters before the numbers and blanks make no version", () => {
  const refused = ["01.2.3", "1..2", "1.0.0-01", "v1.2.3", "1.0 ", "", "1.0.0-", "1.0.0+"];
  for (const text of refused) assert.equal(isVersion(text), false, text);
  for (const text of ["0", "1.2", "1.2.3.4", "1.0.0-0a.--", "1.0.0+01"]) assert.ok(isVersion(text));
});

test("the order is total and agrees with equality", () => {
  const versions = fc.oneof(
    fc.constantFrom(...ascending),
    fc.stringMatching(/^[0-9]{1,2}(\.[0-9]){0,2}(-[a-z0-9]{1,2})?(\+[a-z0-9])?$/),
  );
  fc.assert(
    fc.property(versions, versions, versions, (a, b, c) => {
      assert.equal(compareVersions(a, b) === 0, a === b);
      assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
        assert.ok(compareVersions(a, c) <= 0);
      }
    }),
    { numRuns: 1000 },
  );
});
