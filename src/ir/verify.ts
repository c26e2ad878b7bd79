/** Checks what the other folders rely on: a program that a backend is given must be well formed. */
import { argumentsOf, type Node, type NodeId, type Program } from "./predicate.ts";

const filterOps: ReadonlySet<string> = new Set([
  "true",
  "false",
  "and",
  "or",
  "not",
  "leaf",
  "any-element",
  "lineage",
]);

/** Whether the node is true or false for an event. */
export function isFilter(node: Node): boolean {
  return filterOps.has(node.op);
}

/** What is wrong with the program; empty when it is well formed. */
export function verify(program: Program): string[] {
  const problems: string[] = [];
  const keys = new Set<string>();
  program.nodes.forEach((node, id) => {
    for (const arg of argumentsOf(node)) {
      if (arg >= id) problems.push(`node ${id} reads node ${arg}, which does not come before it`);
    }
    for (const problem of checkSorts(program, node)) problems.push(`node ${id}: ${problem}`);
    const key = JSON.stringify(node, (_key, value) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
    if (keys.has(key)) problems.push(`node ${id} exists twice`);
    keys.add(key);
  });
  for (const root of program.roots) {
    const node = program.nodes[root];
    if (node === undefined || !isFilter(node)) problems.push(`root ${root} is no filter`);
  }
  program.lineage.forEach((query, id) => {
    if (!program.roots.includes(query.predicate)) problems.push(`lineage ${id} is no root`);
  });
  return problems;
}

function checkSorts(program: Program, node: Node): string[] {
  const wantFilter = (id: NodeId): string[] =>
    isFilter(program.nodes[id]!) ? [] : [`argument ${id} is no filter`];
  const wantValue = (id: NodeId): string[] =>
    isFilter(program.nodes[id]!) ? [`argument ${id} is no value`] : [];
  switch (node.op) {
    case "and":
    case "or":
    case "not":
    case "any-element":
    case "filter-value":
      return argumentsOf(node).flatMap(wantFilter);
    case "lineage":
      return node.query < program.lineage.length ? [] : [`no lineage query ${node.query}`];
    case "test": {
      const { literals } = node.test;
      const sorted = [...new Set(literals)].sort();
      const isSorted =
        sorted.length === literals.length && sorted.every((text, i) => text === literals[i]);
      return [
        ...wantValue(node.subject),
        ...(isSorted ? [] : ["literals are not sorted and unique"]),
      ];
    }
    default:
      return argumentsOf(node).flatMap(wantValue);
  }
}
