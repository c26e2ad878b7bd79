/** Texts with placeholders, filled at random: names of high cardinality from a few words. */
import type { Prng } from "../../src/base/prng.ts";

const words: readonly string[] = [
  ...["alder", "amber", "anchor", "basil", "beacon", "birch", "cedar", "cobalt", "copper", "delta"],
  ...["ember", "fern", "garnet", "harbor", "hazel", "indigo", "juniper", "lantern", "linen"],
  ...["maple", "meadow", "nickel", "onyx", "orchard", "pebble", "quartz", "river", "saffron"],
  ...["sienna", "slate", "spruce", "summit", "thistle", "timber", "tulip", "umber", "willow"],
];

type Filler = (random: Prng) => string;

const fillers: Readonly<Record<string, Filler>> = {
  word: (random) => random.pick(words),
  digit: (random) => String(random.int(10)),
  /** A small number is more likely than a large one. */
  n: (random) => String(1 + Math.floor(random.float() ** 3 * 100_000)),
  byte: (random) => String(1 + random.int(254)),
  port: (random) => String(32_768 + random.int(28_000)),
  hex: (random) => random.u32().toString(16).padStart(8, "0") + random.int(0x10000).toString(16),
  source: (random) => fillTemplate("src/{word}/{word}_{n}.c", random),
  object: (random) => fillTemplate("build/{word}/{word}_{n}.o", random),
};

/** The names of the placeholders that `fillTemplate` knows. */
export const placeholders: readonly string[] = Object.keys(fillers);

/**
 * `template` with each `{name}` filled in: by `given[name]` where there is one, else at random. A name
 * that nothing is known of stays as it is.
 */
export function fillTemplate(
  template: string,
  random: Prng,
  given: Readonly<Record<string, string>> = {},
): string {
  if (!template.includes("{")) return template;
  return template.replace(
    /\{(\w+)\}/g,
    (whole, name: string) => given[name] ?? fillers[name]?.(random) ?? whole,
  );
}
