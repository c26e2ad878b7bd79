/** Reads txtar archives: a comment, then files in sections that a line `-- NAME --` begins. */

/** One section; `text` is what stands between its mark and the next, line ends included. */
export interface TxtarSection {
  readonly name: string;
  readonly text: string;
}

export interface Txtar {
  /** What stands before the first section. */
  readonly comment: string;
  /** In the order of the file; a name may occur twice. */
  readonly sections: readonly TxtarSection[];
}

/** The archive in `text`. Any text is one: without a mark it is all comment. */
export function parseTxtar(text: string): Txtar {
  const marks = [...text.matchAll(/^-- +(\S(?:.*?\S)?) +--[ \t]*(?:\r?\n|$)/gm)];
  const endOf = (index: number): number => marks[index]?.index ?? text.length;
  return {
    comment: text.slice(0, endOf(0)),
    sections: marks.map((mark, index) => ({
      name: mark[1]!,
      text: text.slice(mark.index + mark[0].length, endOf(index + 1)),
    })),
  };
}
