/** Paths of records: the kernel side writes them as names, leaf first, each with a NUL behind. */

/** Longer paths are joined name by name. */
const scratchBytes = 8192;
const slash = 0x2f;

export class PathReader {
  readonly #scratch: Buffer = Buffer.alloc(scratchBytes);

  /** The path of the names in `bytes[start, end)`; empty where there is none. */
  read(bytes: Buffer, start: number, end: number): string {
    if (end - start > scratchBytes - 2) return joinedPath(namesIn(bytes, start, end));
    // The names are laid out in turn, from the last one on.
    const scratch = this.#scratch;
    let length = 0;
    let names = 0;
    let seen = 0;
    let stop = end > start && bytes[end - 1] === 0 ? end - 1 : end;
    while (stop > start) {
      let begin = stop;
      while (begin > start && bytes[begin - 1] !== 0) begin -= 1;
      scratch[length] = slash;
      length += 1;
      for (let at = begin; at < stop; at += 1) {
        const byte = bytes[at]!;
        seen |= byte;
        scratch[length] = byte;
        length += 1;
      }
      names += 1;
      stop = begin - 1;
    }
    // What one name alone means is rare enough to be found out slowly.
    if (names <= 1) return joinedPath(namesIn(bytes, start, end));
    return scratch.toString(seen < 0x80 ? "latin1" : "utf8", 0, length);
  }
}

/** The texts in `bytes[start, end)`, each of which has a NUL behind it, the last one perhaps not. */
export function namesIn(bytes: Buffer, start: number, end: number): string[] {
  if (start === end) return [];
  const whole = bytes.toString("utf8", start, end);
  return (whole.endsWith("\0") ? whole.slice(0, -1) : whole).split("\0");
}

/** One name alone may be a whole path, or none at all (`pipe:[1]`). */
function joinedPath(names: readonly string[]): string {
  if (names.length === 0) return "";
  if (names.length === 1 && (names[0] === "/" || names[0]!.includes(":"))) return names[0]!;
  let path = "";
  for (let index = names.length - 1; index >= 0; index -= 1) path += `/${names[index]}`;
  return path;
}
