/** "Did you mean": the candidate that lies nearest to a name that is not known. */

/** Longer names are not compared: nobody mistypes them, and the cost grows with the square. */
const nameLengthMax = 200;

/**
 * The candidate with the smallest edit distance to `name` (insert, delete, replace, swap of two
 * neighbours; case does not count), or undefined where none is near: a third of the name's length
 * may differ. Of equally near ones the first in code-unit order, so that the answer is stable.
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > nameLengthMax) return undefined;
  const wanted = name.toLowerCase();
  const limit = Math.min(Math.max(1, Math.floor(wanted.length / 3)), wanted.length - 1);
  let best: string | undefined;
  let bestDistance = limit;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) > bestDistance) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance > bestDistance) continue;
    if (best !== undefined && distance === bestDistance && candidate >= best) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Edits that turn `a` into `b`, a swap of two neighbours counting as one. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  let beforeLast = new Uint32Array(width);
  let last = new Uint32Array(width);
  let row = new Uint32Array(width);
  for (let j = 0; j < width; j += 1) last[j] = j;
  for (let i = 1; i <= a.length; i += 1) {
    row[0] = i;
    for (let j = 1; j < width; j += 1) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row[j] = cost;
    }
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return last[b.length]!;
}
