/** Remembers what a leaf that computes on the text of one field came to, by the text. */
import type { Batch } from "../../event/batch.ts";
import type { Texts } from "../../event/string-table.ts";
import { argumentsOf, type NodeId, type Program } from "../../ir/predicate.ts";
import type { FieldId } from "../../schema/type.ts";
import type { RowTest } from "./leaf.ts";

/** Texts whose outcome one leaf remembers. */
const maxTexts = 0x400;

/** The field, if it is all that a leaf with a function reads, and holds texts; else null. */
export function onlyTextField(program: Program, value: NodeId): FieldId | null {
  const fields = new Set<FieldId>();
  let calls = 0;
  let others = 0;
  const visit = (id: NodeId): void => {
    const node = program.nodes[id]!;
    if (node.op === "call") calls += 1;
    if (node.op === "field" && (node.type === "keyword" || node.type === "ip")) {
      fields.add(node.field);
    } else if (argumentsOf(node).length === 0 && node.op !== "const") others += 1;
    else if (node.op === "filter-value" || node.op === "any-element") others += 1;
    for (const arg of argumentsOf(node)) visit(arg);
  };
  visit(value);
  const [field] = fields;
  return calls > 0 && others === 0 && fields.size === 1 && field !== undefined ? field : null;
}

/** `test`, which reads nothing but `field`, run once for each text. */
export function rememberByText(test: RowTest, field: FieldId): RowTest {
  const known = new Map<number, boolean>();
  let batch: Batch | null = null;
  let cells: Int32Array | null = null;
  let strings: Texts | null = null;
  let generation = 0;
  return (frame) => {
    if (frame.batch !== batch) {
      batch = frame.batch;
      const column = batch!.column(field);
      cells = column?.kind === "reference" ? column.cells : null;
    }
    const cell = cells === null ? 0 : cells[frame.row]!;
    if (cell <= 0) return test(frame);
    const table = batch!.strings;
    if (table !== strings || table.generation !== generation || known.size >= maxTexts) {
      known.clear();
      strings = table;
      generation = table.generation;
    }
    let outcome = known.get(cell);
    if (outcome === undefined) {
      outcome = test(frame);
      known.set(cell, outcome);
    }
    return outcome;
  };
}
