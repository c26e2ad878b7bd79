/** Rows and columns as text. */

export interface TableColumn {
  readonly title: string;
  readonly align?: "left" | "right";
}

/**
 * The rows under their titles, columns two blanks apart, each line ended by a line feed and without
 * blanks at its end. `decorate` may colour a cell after it was laid out.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  decorate: (text: string, row: number, column: number) => string = (text) => text,
): string {
  const titles = columns.map((column) => column.title);
  const widths = columns.map((_, column) =>
    [titles, ...rows].reduce((width, row) => Math.max(width, widthOf(row[column] ?? "")), 0),
  );
  const lines = [titles, ...rows].map((row, index) => {
    const cells = columns.map((column, at) => {
      const text = row[at] ?? "";
      const blanks = " ".repeat(widths[at]! - widthOf(text));
      const shown = decorate(text, index - 1, at);
      if (column.align === "right") return blanks + shown;
      return at === columns.length - 1 ? shown : shown + blanks;
    });
    return `${cells.join("  ").trimEnd()}\n`;
  });
  return lines.join("");
}

/** Terminal columns, near enough: one for each code point. */
function widthOf(text: string): number {
  let width = 0;
  for (const _ of text) width += 1;
  return width;
}
