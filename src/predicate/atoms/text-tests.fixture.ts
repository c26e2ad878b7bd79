/** Random text tests and texts on which they may hold. */
import fc from "fast-check";
import type { TextTest } from "../../ir/predicate.ts";

/** Few characters, so that literals occur in texts; with folding pairs, wildcards and a surrogate pair. */
const character = fc.constantFrom(
  ...["a", "b", "A", "B", "/", "-", ".", "k", "K", "\u212a", "s", "\u017f", "ß", "\u1e9e"],
  ...["\u{1F600}", "\ud800", "é", "É", "\n", "0", "1"],
);
export const text: fc.Arbitrary<string> = fc.string({ unit: character, maxLength: 14 });
export const wild: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(character, fc.constantFrom("*", "?", "*")),
  maxLength: 10,
});
const network = fc.constantFrom(
  ...["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "::/0", "2001:db8::/32", "0.0.0.0/0", "10.9.9.9/9"],
);
export const address: fc.Arbitrary<string> = fc.constantFrom(
  ...["10.1.2.3", "192.0.2.7", "2001:db8::1", "::1", "::ffff:10.1.2.3", "10.200.0.1", "no", ""],
);
const regex = fc.constantFrom(
  ...["a.*b", "(a|b)+/.*", "a{2,3}.*", "[ab]+-.*", "ab?k.*", "a|b", ".*\\.b", "ab+c.*", ".*é.*"],
);

export const textTest: fc.Arbitrary<TextTest> = fc
  .oneof(
    fc.record({
      kind: fc.constantFrom("equals", "prefix", "suffix", "contains" as const),
      literals: fc.array(text, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("glob" as const),
      literals: fc.array(wild, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("regex" as const),
      literals: fc.array(regex, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("cidr" as const),
      literals: fc.array(network, { minLength: 1, maxLength: 3 }),
    }),
  )
  .chain((part) =>
    fc.boolean().map(
      (insensitive): TextTest => ({
        kind: part.kind as TextTest["kind"],
        insensitive,
        literals: [...new Set(part.literals)].sort(),
      }),
    ),
  );
