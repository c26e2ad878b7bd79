/**
 * Writes src/base/case-folding-table.ts: Unicode simple case folding as runs, taken from the regular
 * expression engine (the `iu` flags compare by simple case folding: ECMA-262, Canonicalize).
 * Run it on a Node with the Unicode version that the table shall have.
 */
import { writeFileSync } from "node:fs";

const output = new URL("../src/base/case-folding-table.ts", import.meta.url);

/** Target where no mapping of the runtime tells which member of a class is the folded one. */
const knownTargets = new Map([[0xfb05, 0xfb06]]);

const cased = [];
for (let code = 0; code <= 0x10ffff; code += 1) {
  if (code >= 0xd800 && code <= 0xdfff) continue;
  if (
    /[\p{Changes_When_Casefolded}\p{Changes_When_Casemapped}]/u.test(String.fromCodePoint(code))
  ) {
    cased.push(code);
  }
}
const all = String.fromCodePoint(...cased);

/** Code point to what it folds to, where that is another. */
const folds = new Map();
for (const code of cased) {
  const equals = new RegExp(`\\u{${code.toString(16)}}`, "giu");
  const members = [...all.matchAll(equals)].map((match) => match[0].codePointAt(0));
  const target = targetOf(members);
  if (target !== code) folds.set(code, target);
}
writeFileSync(output, render(toRuns([...folds].sort((a, b) => a[0] - b[0]))));

/** The folded member: one that folding leaves alone, else one that is another's lower case. */
function targetOf(members) {
  const fixed = members.filter(
    (code) => !/\p{Changes_When_Casefolded}/u.test(String.fromCodePoint(code)),
  );
  if (fixed.length === 1) return fixed[0];
  for (const code of members) {
    const lower = [...String.fromCodePoint(code).toLowerCase()];
    const target = lower[0].codePointAt(0);
    if (lower.length === 1 && target !== code && members.includes(target)) return target;
  }
  return knownTargets.get(members[0]) ?? members[0];
}

/** Runs of code points `step` apart that all fold by the same `delta`. */
function toRuns(pairs) {
  const runs = [];
  for (const [code, target] of pairs) {
    const run = runs.at(-1);
    const distance = run === undefined ? 0 : code - run.last;
    const joins = run !== undefined && run.delta === target - code && distance <= 2;
    if (joins && (run.step === 0 || run.step === distance)) {
      run.step = distance;
      run.last = code;
    } else runs.push({ first: code, last: code, step: 0, delta: target - code });
  }
  return runs.map((run) => [run.first, run.last, run.step || 1, run.delta]);
}

function render(runs) {
  const lines = [];
  for (let i = 0; i < runs.length; i += 3) {
    lines.push(
      `  ${runs
        .slice(i, i + 3)
        .map((run) => `${run.join(", ")},`)
        .join(" ")}`,
    );
  }
  return `/**
 * Unicode ${process.versions.unicode} simple case folding, written by scripts/generate-case-folding.mjs: four numbers
 * a run: first and last code point, step between code points, what to add to fold.
 */
// biome-ignore format: a table
export const foldingRuns: readonly number[] = [
${lines.join("\n")}
];
`.replace("// biome-ignore format: a table\n", "");
}
