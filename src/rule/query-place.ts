/** Leads from a place in a rule's query to the place in the rule's file. */
import type { Span } from "../diagnostic/source.ts";
import type { Rule } from "./rule.ts";

type Placed = Pick<Rule, "query" | "querySpan" | "queryOffsets">;

/** Offset in the file for `0 <= offset <= query.length`; one outside is moved to the nearest. */
export function mapQueryOffset(rule: Placed, offset: number): number {
  if (offset <= 0) return rule.queryOffsets?.[0] ?? rule.querySpan.start;
  if (offset >= rule.query.length) return rule.querySpan.end;
  return rule.queryOffsets?.[offset] ?? rule.querySpan.start + offset;
}

/** Span in the file; it ends with its last character, not where the next line's text begins. */
export function mapQuerySpan(rule: Placed & Pick<Rule, "source">, span: Span): Span {
  const start = mapQueryOffset(rule, span.start);
  if (span.end <= span.start) return { start, end: start };
  const last = mapQueryOffset(rule, span.end - 1);
  const next = mapQueryOffset(rule, span.end);
  const isOneUnit = next > last && !rule.source.text.slice(last, next).includes("\n");
  return { start, end: Math.max(start, isOneUnit ? next : last + 1) };
}
