/** The text tests of a program, by the field whose text they test. */
import { nodeKinds, nodeTable } from "../../ir/node-table.ts";
import type { Node, NodeId, Program, TextTest } from "../../ir/predicate.ts";
import type { FieldId } from "../../schema/type.ts";
import { PatternPool } from "../atoms/pattern.ts";

/** All tests on one field; a test's place in the lists is its *atom*. */
export interface FieldTests {
  readonly field: FieldId;
  readonly nodes: readonly NodeId[];
  readonly tests: readonly TextTest[];
  /** What their literals were compiled to so far; one for all fields of a program. */
  readonly patterns: PatternPool;
}

/** Where a test's answer is found: `fields[slot]`, atom `atom`. */
export interface AtomPlace {
  readonly slot: number;
  readonly atom: number;
}

export interface ProgramTests {
  readonly fields: readonly FieldTests[];
  /** By node, for tests directly on a field of the event and for leaves over them: slot, -1 for others, and atom. */
  readonly slots: Int32Array;
  readonly atoms: Int32Array;
}

const collected = new WeakMap<Program, ProgramTests>();

/** The tests that a program asks of fields as they are; gathered once. */
export function collectTests(program: Program): ProgramTests {
  let tests = collected.get(program);
  if (tests === undefined) {
    tests = gatherTests(program);
    collected.set(program, tests);
  }
  return tests;
}

function gatherTests(program: Program): ProgramTests {
  const { kinds, starts, args } = nodeTable(program);
  const slots = new Int32Array(kinds.length).fill(-1);
  const atoms = new Int32Array(kinds.length);
  const slotOf = new Map<FieldId, number>();
  const patterns = new PatternPool();
  const fields: (FieldTests & { readonly nodes: NodeId[]; readonly tests: TextTest[] })[] = [];
  for (let id = 0; id < kinds.length; id += 1) {
    if (kinds[id] === nodeKinds.leaf) {
      const value = args[starts[id]!]!;
      slots[id] = slots[value]!;
      atoms[id] = atoms[value]!;
      continue;
    }
    if (kinds[id] !== nodeKinds.test && kinds[id] !== nodeKinds.compare) continue;
    const asked = askedTest(program, program.nodes[id]!);
    if (asked === null) continue;
    const { field, test } = asked;
    let slot = slotOf.get(field);
    if (slot === undefined) {
      slot = fields.length;
      slotOf.set(field, slot);
      fields.push({ field, nodes: [], tests: [], patterns });
    }
    const { nodes, tests } = fields[slot]!;
    slots[id] = slot;
    atoms[id] = nodes.length;
    nodes.push(id as NodeId);
    tests.push(test);
  }
  return { fields, slots, atoms };
}

interface AskedTest {
  readonly field: FieldId;
  readonly test: TextTest;
}

function askedTest(program: Program, node: Node): AskedTest | null {
  return node.op === "test" ? plainTest(program, node) : equalityTest(program, node);
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

/** The atom that a leaf asks for, if it is one over one test on a field. */
export function atomOf({ slots, atoms }: ProgramTests, leaf: NodeId): AtomPlace | null {
  const slot = slots[leaf]!;
  return slot === -1 ? null : { slot, atom: atoms[leaf]! };
}
