/** A stable sort for what is in order already for the most part: runs are found and merged. */

/**
 * The numbers `0 <= n < count` in order; `isAfter(a, b)` tells whether `a` must come after `b`, where
 * `a < b`. Costs one pass where all are in order, and log2(runs) passes else.
 */
export function mergeRuns(count: number, isAfter: (a: number, b: number) => boolean): Uint32Array {
  let order: Uint32Array = new Uint32Array(count);
  for (let i = 0; i < count; i += 1) order[i] = i;
  let starts = runStarts(count, isAfter);
  let spare: Uint32Array | null = null;
  while (starts.length > 1) {
    const merged: Uint32Array = spare ?? new Uint32Array(count);
    const next: number[] = [];
    for (let run = 0; run < starts.length; run += 2) {
      const middle = starts[run + 1] ?? count;
      mergeTwo(order, merged, starts[run]!, middle, starts[run + 2] ?? count, isAfter);
      next.push(starts[run]!);
    }
    [order, spare] = [merged, order];
    starts = next;
  }
  return order;
}

function runStarts(count: number, isAfter: (a: number, b: number) => boolean): number[] {
  const starts = count === 0 ? [] : [0];
  for (let i = 1; i < count; i += 1) if (isAfter(i - 1, i)) starts.push(i);
  return starts;
}

/** Merges `from[start, middle)` and `from[middle, end)`; of equal ones those of the first come first. */
function mergeTwo(
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  middle: number,
  end: number,
  isAfter: (a: number, b: number) => boolean,
): void {
  let [left, right] = [start, middle];
  for (let at = start; at < end; at += 1) {
    const takesRight = right < end && (left === middle || isAfter(from[left]!, from[right]!));
    to[at] = takesRight ? from[right]! : from[left]!;
    if (takesRight) right += 1;
    else left += 1;
  }
}
