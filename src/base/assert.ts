/** Broken invariants stop the program: these are for errors of the program, never of its input. */

/** Thrown when an invariant of the program itself is broken. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops with `message` unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a place that no value can reach; the type checker proves it. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`);
}
