/** How the coverage of rules looks on a terminal. */
import type { CoverageReport } from "../agent/coverage.ts";
import type { Paint } from "./color.ts";
import { renderTable, type TableColumn } from "./table.ts";
import { shorten, visible } from "./visible.ts";

const columns: readonly TableColumn[] = [
  { title: "COVERAGE" },
  { title: "NAME" },
  { title: "MISSING" },
  { title: "WHY" },
  { title: "PATH" },
];

const nameLength = 50;
const missingLength = 80;

/** A line with the sums, then the rules that are not fully covered. */
export function coverageText(report: CoverageReport, paint: Paint): string {
  const { system, total, full, partial, none, left_out } = report;
  const sums = `${full} of ${total} rules for ${system} are fully covered, ${partial} partly, ${none} not at all; ${left_out} rules for other systems are left out\n`;
  const lacking = report.rules.filter(({ coverage }) => coverage !== "full");
  if (lacking.length === 0) return sums;
  const rows = lacking.map(({ coverage, name, missing, why, path }) =>
    [
      coverage,
      shorten(name, nameLength),
      shorten(missing.join(", "), missingLength),
      why ?? "",
      path,
    ].map(visible),
  );
  const table = renderTable(columns, rows, (text, row) =>
    row === -1 ? paint("strong", text) : text,
  );
  return `${sums}\n${table}`;
}
