/** A comparison of two sets of rules as a table, and as JUnit XML. */
import type { Backtest, ComparedAlert, RuleChange } from "../agent/backtest.ts";
import { xmlAttribute } from "../study/junit.ts";
import { grouped } from "./summary-text.ts";
import { renderTable } from "./table.ts";

/** Alerts that are listed one by one for each rule. */
const listedAlerts = 5;

export function backtestText(backtest: Backtest): string {
  const different = backtest.rules.filter(isDifferent);
  const { added, removed, changed, unchanged } = backtest;
  const head = `${grouped(added)} alerts appear, ${grouped(removed)} disappear, ${grouped(changed)} change, ${grouped(unchanged)} stay\n`;
  if (different.length === 0) return head;
  const rows = different.map((change) => [
    ...[change.added, change.removed, change.changed].map((list) => grouped(list.length)),
    grouped(change.unchanged),
    change.rule,
    change.name,
  ]);
  const right = ["ADDED", "REMOVED", "CHANGED", "SAME"].map((title) => ({
    title,
    align: "right" as const,
  }));
  const table = renderTable([...right, { title: "RULE" }, { title: "NAME" }], rows);
  return `${head}\n${table}\n${different.map(listed).join("")}`;
}

/** One test suite; a rule is a case, which fails where its alerts differ. */
export function backtestJunit({ rules }: Backtest): string {
  const failures = rules.filter(isDifferent).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="kestrel backtest" tests="${rules.length}" failures="${failures}">`,
    ...rules.map(testCase),
    "</testsuite>",
    "",
  ].join("\n");
}

function isDifferent({ added, removed, changed }: RuleChange): boolean {
  return added.length + removed.length + changed.length > 0;
}

function testCase(change: RuleChange): string {
  const names = `classname="${xmlAttribute(change.rule)}" name="${xmlAttribute(change.name)}"`;
  if (!isDifferent(change)) return `  <testcase ${names}/>`;
  const { added, removed, changed } = change;
  const message = `${added.length} added, ${removed.length} removed, ${changed.length} changed`;
  return `  <testcase ${names}><failure message="${xmlAttribute(message)}"/></testcase>`;
}

function listed({ rule, added, removed, changed }: RuleChange): string {
  const lines = [
    ...added.map((alert) => `  + ${shown(alert)}`),
    ...removed.map((alert) => `  - ${shown(alert)}`),
    ...changed.map(({ before, after }) => `  ~ ${shown(before)} is now ${shown(after)}`),
  ];
  const more = lines.length - listedAlerts;
  const rest = more > 0 ? [`  and ${grouped(more)} more`] : [];
  return [rule, ...lines.slice(0, listedAlerts), ...rest, ""].join("\n");
}

function shown({ id, time, confidence }: ComparedAlert): string {
  return `${time} ${id.slice(0, 16)}${confidence === "certain" ? "" : ` (${confidence})`}`;
}
