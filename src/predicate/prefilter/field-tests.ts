/** The text tests of a program, by the field whose text they test. */
import type { Node, NodeId, Program, TextTest } from "../../ir/predicate.ts";
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
    const asked = node.op === "test" ? plainTest(program, node) : equalityTest(program, node);
    if (asked === null) continue;
    const { field, test } = asked;
    const entry = slots.get(field) ?? { field, nodes: [], tests: [] };
    entry.nodes.push(id as NodeId);
    entry.tests.push(test);
    slots.set(field, entry);
  }
  const fields = [...slots.values()];
  const places = new Map<NodeId, AtomPlace>();
  for (const [slot, { nodes }] of fields.entries()) {
    for (const [atom, node] of nodes.entries()) places.set(node, { slot, atom });
  }
  return { fields, places };
}

interface AskedTest {
  readonly field: FieldId;
  readonly test: TextTest;
}

function plainTest(program: Program, node: Extract<Node, { op: "test" }>): AskedTest | null {
  const subject = program.nodes[node.subject]!;
  return subject.op === "field" ? { field: subject.field, test: node.test } : null;
}

/** A comparison of a field with a text, such as an address in canonical form, is a test for equality. */
function equalityTest(program: Program, node: Node): AskedTest | null {
  if (node.op !== "compare" || node.operator !== "==") return null;
  const sides = [program.nodes[node.left]!, program.nodes[node.right]!];
  const field = sides.find((side) => side.op === "field");
  const constant = sides.find((side) => side.op === "const");
  if (field === undefined || constant === undefined) return null;
  if (field.type !== "keyword" && field.type !== "ip") return null;
  if (typeof constant.value !== "string") return null;
  const literals = [constant.value];
  return { field: field.field, test: { kind: "equals", insensitive: false, literals } };
}

/** The atom that a filter node is, if it is a leaf over one test on a field. */
export function atomOf(program: Program, tests: ProgramTests, filter: NodeId): AtomPlace | null {
  const node = program.nodes[filter]!;
  return node.op === "leaf" ? (tests.places.get(node.value) ?? null) : null;
}
