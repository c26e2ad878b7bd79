import assert from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../src/base/prng.ts";
import { isLogic, nodeKinds, nodeTable, reachedFrom } from "../src/ir/node-table.ts";
import { argumentsOf, type NodeId, type Program } from "../src/ir/predicate.ts";
import { RandomProgram } from "../src/predicate/random-program.fixture.ts";

/** What is reached from the roots, node by node. */
function walk(program: Program, passes: (op: string) => boolean): readonly number[] {
  const seen = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const node = program.nodes[id]!;
    if (passes(node.op)) for (const arg of argumentsOf(node)) visit(arg);
  };
  for (const root of program.roots) visit(root);
  return [...seen].sort((a, b) => a - b);
}

function marked(marks: Uint8Array): readonly number[] {
  return [...marks.keys()].filter((id) => marks[id] === 1);
}

test("a table has the kinds and arguments of all nodes, and walks over it reach what walks over nodes do", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const program = new RandomProgram(new Prng(seed)).build(12);
    const table = nodeTable(program);
    assert.equal(nodeTable(program), table);
    for (const [id, node] of program.nodes.entries()) {
      const { kinds, starts, args } = table;
      const kind = node.op in nodeKinds ? nodeKinds[node.op as keyof typeof nodeKinds] : 0;
      assert.equal(kinds[id], kind);
      assert.deepEqual([...args.subarray(starts[id], starts[id + 1])], [...argumentsOf(node)]);
    }
    assert.deepEqual(
      marked(reachedFrom(table, program.roots)),
      walk(program, () => true),
    );
    const logic = ["and", "or", "not"];
    assert.deepEqual(
      marked(reachedFrom(table, program.roots, isLogic)),
      walk(program, (op) => logic.includes(op)),
    );
  }
});
