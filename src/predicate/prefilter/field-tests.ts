/** The text tests of a program, by the field whose text they test. */
import type { NodeId, Program, TextTest } from "../../ir/predicate.ts";
import type { FieldId } from "../../schema/type.ts";

/** All tests on one field; a test's place in the lists is its *atom*. */
export interface FieldTests {
  readonly field: FieldId;
  readonly nodes: readonly NodeId[];
  readonly tests: readonly TextTest[];
}

/** Where a test's answer is found: `tests[slot]`, atom `atom`. */
export interface AtomPlace {
  readonly slot: number;
  readonly atom: number;
}

export interface ProgramTests {
  readonly fields: readonly FieldTests[];
  /** By test node; only tests directly on a field of the event. */
  readonly places: ReadonlyMap<NodeId, AtomPlace>;
}

/** Gathers the tests that are asked of fields as they are. */
export function collectTests(program: Program): ProgramTests {
  const slots = new Map<FieldId, { field: FieldId; nodes: NodeId[]; tests: TextTest[] }>();
  for (const [id, node] of program.nodes.entries()) {
    if (node.op !== "test") continue;
    const subject = program.nodes[node.subject]!;
    if (subject.op !== "field") continue;
    const entry = slots.get(subject.field) ?? { field: subject.field, nodes: [], tests: [] };
    entry.nodes.push(id as NodeId);
    entry.tests.push(node.test);
    slots.set(subject.field, entry);
  }
  const fields = [...slots.values()];
  const places = new Map<NodeId, AtomPlace>();
  for (const [slot, { nodes }] of fields.entries()) {
    for (const [atom, node] of nodes.entries()) places.set(node, { slot, atom });
  }
  return { fields, places };
}

/** The atom that a filter node is, if it is a leaf over one test on a field. */
export function atomOf(program: Program, tests: ProgramTests, filter: NodeId): AtomPlace | null {
  const node = program.nodes[filter]!;
  return node.op === "leaf" ? (tests.places.get(node.value) ?? null) : null;
}
