/** Values of a dotted path in a parsed event, whose keys may be nested, dotted or both. */

/** All values there, arrays flattened, nulls left out; in the order of the text. */
export function valuesAt(event: unknown, path: string): unknown[] {
  const found: unknown[] = [];
  collect(event, path, found);
  return found;
}

function collect(value: unknown, path: string, found: unknown[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, path, found);
    return;
  }
  if (path === "") {
    if (value !== null && value !== undefined) found.push(value);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === path) collect(member, "", found);
    else if (path.startsWith(`${key}.`)) collect(member, path.slice(key.length + 1), found);
  }
}
