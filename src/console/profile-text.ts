/** What rules cost, for people: three tables, the dearest first. */
import type { Overrun } from "../agent/budget.ts";
import type { CostReport, ReportedPredicate, ReportedRule } from "../agent/profile.ts";
import type { Paint } from "./color.ts";
import { grouped } from "./summary-text.ts";
import { renderTable, type TableColumn } from "./table.ts";
import { shorten, visible } from "./visible.ts";

const nameLength = 40;
const predicateLength = 100;

const ruleColumns: readonly TableColumn[] = [
  { title: "RULE" },
  { title: "EVALUATIONS", align: "right" },
  { title: "PER 1,000", align: "right" },
  { title: "HITS", align: "right" },
  { title: "TIME", align: "right" },
  { title: "PARTIALS", align: "right" },
  { title: "PEAK", align: "right" },
  { title: "PEAK BYTES", align: "right" },
  { title: "NAME" },
];

const predicateColumns: readonly TableColumn[] = [
  { title: "RULES", align: "right" },
  { title: "EVALUATIONS", align: "right" },
  { title: "PER 1,000", align: "right" },
  { title: "HITS", align: "right" },
  { title: "TIME", align: "right" },
  { title: "PREDICATE" },
];

const fieldColumns: readonly TableColumn[] = [
  { title: "FIELD" },
  { title: "VALUES", align: "right" },
  { title: "SCANS", align: "right" },
  { title: "CHARS", align: "right" },
];

export function profileText(report: CostReport, paint: Paint): string {
  const table = (columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string =>
    renderTable(columns, rows, (text, row) => (row === -1 ? paint("strong", text) : text));
  const fields = report.fields.map(({ field, values, scans, chars }) => [
    visible(field),
    ...[values, scans, chars].map(grouped),
  ]);
  return [
    headline(report),
    table(ruleColumns, report.rules.map(ruleRow)),
    table(predicateColumns, report.predicates.map(predicateRow)),
    table(fieldColumns, fields),
    ...(report.budget === undefined ? [] : [budgetText(report.budget.exceeded, paint)]),
  ].join("\n");
}

function headline({ evaluations, events, sampled_batches: batches }: CostReport): string {
  const timed = batches === 1 ? "1 batch" : `${grouped(batches)} batches`;
  return `${grouped(evaluations)} evaluations for ${grouped(events)} events; times are from ${timed}\n`;
}

function ruleRow(rule: ReportedRule): readonly string[] {
  const { partials } = rule;
  return [
    visible(rule.id),
    grouped(rule.evaluations),
    decimal(rule.evaluations_per_1000_events),
    grouped(rule.hits),
    percent(rule.time_share),
    ...[partials?.live, partials?.live_peak, partials?.bytes_peak].map((count) =>
      count === undefined ? "-" : grouped(count),
    ),
    visible(shorten(rule.name, nameLength)),
  ];
}

function predicateRow(predicate: ReportedPredicate): readonly string[] {
  return [
    grouped(predicate.rules.length),
    grouped(predicate.evaluations),
    decimal(predicate.evaluations_per_1000_events),
    grouped(predicate.hits),
    percent(predicate.time_share),
    visible(shorten(predicate.predicate, predicateLength)),
  ];
}

function budgetText(exceeded: readonly Overrun[], paint: Paint): string {
  if (exceeded.length === 0) return `${paint("good", "within the budget")}\n`;
  const lines = exceeded.map(({ rule, evaluations, limit }) => {
    const what = rule === null ? "all predicates together" : `rule ${visible(rule)}`;
    const figures = `${grouped(evaluations)} evaluations, at most ${grouped(limit)} allowed`;
    return `${paint("bad", "over the budget")}: ${what}: ${figures}\n`;
  });
  return lines.join("");
}

/** `1,234.5`, always with one decimal. */
function decimal(value: number): string {
  const [whole = "", part = ""] = value.toFixed(1).split(".");
  return `${grouped(Number(whole))}.${part}`;
}

function percent(share: number | null): string {
  return share === null ? "-" : `${(share * 100).toFixed(1)}%`;
}
