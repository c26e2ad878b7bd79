/** `kestrel list`: the rules that would run, and those that would not. */
import { coverageOfRules } from "../agent/coverage.ts";
import { type ExitCode, exitCodes } from "../agent/exit-codes.ts";
import { prepareRules } from "../agent/prepare.ts";
import { compareByCodePoint } from "../base/text-order.ts";
import { coverageText } from "../console/coverage-text.ts";
import { renderTable, type TableColumn } from "../console/table.ts";
import { shorten, visible } from "../console/visible.ts";
import type { Rule } from "../rule/rule.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions, requireRuleFiles } from "./rule-options.ts";

/** A row of the list, as `--format json` prints it. */
interface ListedRule {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly severity: string;
  /** Whether it runs: `on`, switched `off` by the selection, or `invalid`. */
  readonly state: "on" | "off" | "invalid";
  /** Static cost for one event, in comparisons; null where it is not compiled. */
  readonly cost: number | null;
  readonly kind: "event" | "sequence" | "sample" | null;
  readonly path: string;
}

const columns: readonly TableColumn[] = [
  { title: "ID" },
  { title: "NAME" },
  { title: "VERSION" },
  { title: "SEVERITY" },
  { title: "STATE" },
  { title: "COST", align: "right" },
  { title: "KIND" },
  { title: "PATH" },
];

const nameLength = 50;

export async function listCommand(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const prepared = prepareRules(prepareOptions(args));
  requireRuleFiles(prepared.loaded);
  if (args.isOn("coverage")) {
    const report = coverageOfRules(prepared.compiled.set);
    const isJson = args.text("format") === "json";
    context.out(isJson ? `${JSON.stringify(report)}\n` : coverageText(report, context.paintOut));
    return exitCodes.ok;
  }
  const listed = [
    ...prepared.compiled.set.rules.map(({ rule, plan, cost }) =>
      describe(rule, "on", cost, plan.kind),
    ),
    ...prepared.compiled.invalid.map((rule) => describe(rule, "invalid", null, null)),
    ...prepared.disabled.map((rule) => describe(rule, "off", null, null)),
  ].sort((a, b) => compareByCodePoint(a.id, b.id) || compareByCodePoint(a.path, b.path));
  const json = args.text("format") === "json";
  context.out(json ? `${JSON.stringify(listed)}\n` : table(listed, context));
  for (const { path, message } of prepared.loaded.problems) {
    context.log.warn(`can't read ${path}: ${message}`);
  }
  if (prepared.loaded.brokenFiles > 0) {
    context.log.warn(
      `${prepared.loaded.brokenFiles} files hold rules that can't be read: see \`kestrel validate\``,
    );
  }
  return exitCodes.ok;
}

function describe(
  rule: Rule,
  state: ListedRule["state"],
  cost: number | null,
  kind: ListedRule["kind"],
): ListedRule {
  const { id, name, version, severity, path } = rule;
  return { id, name, version, severity, state, cost, kind, path };
}

function table(listed: readonly ListedRule[], context: CommandContext): string {
  const rows = listed.map((rule) =>
    [
      rule.id,
      shorten(rule.name, nameLength),
      rule.version,
      rule.severity,
      rule.state,
      rule.cost === null ? "-" : String(Math.round(rule.cost)),
      rule.kind ?? "-",
      rule.path,
    ].map(visible),
  );
  return renderTable(columns, rows, (text, row) => {
    if (row === -1) return context.paintOut("strong", text);
    return listed[row]?.state === "on" ? text : context.paintOut("faint", text);
  });
}
