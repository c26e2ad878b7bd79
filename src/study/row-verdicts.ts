/** Evaluates conjuncts for the event at hand, with the nodes that detection evaluates, and reads what they saw. */
import { type Bitmap, hasBit } from "../base/bitset.ts";
import { formatIso } from "../base/time.ts";
import type { RowEvent } from "../engine/row-event.ts";
import { valuesAt } from "../event/json-path.ts";
import type { NodeId } from "../ir/predicate.ts";
import type { Scalar } from "../ir/value.ts";
import type { Evaluator } from "../predicate/contract.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldId } from "../schema/type.ts";
import type { StepCaptures } from "../sequence/partial.ts";
import type { Conjunct, ConjunctRole, ConjunctSpan } from "./conjuncts.ts";

/** A value as the report shows it; integers past 2^53 and times are text. */
export type SeenValue = string | number | boolean | null;

/** What became of a conjunct for one event. */
export interface ConjunctVerdict {
  /** As written. */
  readonly conjunct: string;
  readonly role: ConjunctRole;
  /** In the rule's file; null for what is written nowhere. */
  readonly span: ConjunctSpan | null;
  readonly holds: boolean;
  /** By field: its value, a list where it has several, null where it has none. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The operands of `and`, `or` and `not`, where it is one. */
  readonly operator?: "and" | "or" | "not";
  readonly parts?: readonly ConjunctVerdict[];
}

export class RowVerdicts {
  readonly #evaluator: Evaluator;
  readonly #schema: Schema;
  /** Answers for the batch at hand. */
  readonly #rows: Map<NodeId, Bitmap> = new Map();

  constructor(evaluator: Evaluator, schema: Schema) {
    this.#evaluator = evaluator;
    this.#schema = schema;
  }

  /** Another batch is at hand. */
  restart(): void {
    this.#rows.clear();
  }

  /** Whether a filter node that reads no earlier event holds for a row. */
  holds(node: NodeId, row: number): boolean {
    let rows = this.#rows.get(node);
    if (rows === undefined) {
      rows = this.#evaluator.evaluate(node);
      this.#rows.set(node, rows);
    }
    return hasBit(rows, row);
  }

  /** What a conjunct comes to for the event at hand; `earlier` is only asked for by residuals. */
  judge(conjunct: Conjunct, event: RowEvent, earlier: StepCaptures): ConjunctVerdict {
    const { text, role, span, node, operator, parts } = conjunct;
    const readsEarlier = conjunct.earlier.length > 0;
    const verdict: ConjunctVerdict = {
      conjunct: text,
      role,
      span,
      holds: readsEarlier
        ? this.#evaluator.residual(node, earlier, event.row)
        : this.holds(node, event.row),
      values: this.#values(conjunct, event, earlier),
    };
    if (operator === null || parts.length === 0) return verdict;
    return { ...verdict, operator, parts: parts.map((part) => this.judge(part, event, earlier)) };
  }

  #values(conjunct: Conjunct, event: RowEvent, earlier: StepCaptures): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    for (const field of conjunct.fields) {
      values[this.#schema.field(field).path] = this.#shown(field, event.values(field));
    }
    for (const { name, step, field } of conjunct.earlier) {
      values[name] = this.#shown(field, earlier[step]?.get(field) ?? []);
    }
    for (const path of conjunct.lists) {
      const found = valuesAt(JSON.parse(event.evidence()), path);
      values[path] = found.length === 0 ? null : found;
    }
    for (const path of conjunct.unknown) values[path] = null;
    return values;
  }

  #shown(field: FieldId, values: readonly Scalar[]): SeenValue | readonly SeenValue[] {
    const isDate = this.#schema.field(field).type === "date";
    const shown = values.map((value): SeenValue => {
      if (typeof value !== "bigint") return value;
      return isDate ? formatIso(value) : String(value);
    });
    return shown.length > 1 ? shown : (shown[0] ?? null);
  }
}
