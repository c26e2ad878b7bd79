/** Shares the rules of a set between engines. */
import { predicatesOf } from "../../ir/cost.ts";
import { argumentsOf, type Node, type NodeId, type Program } from "../../ir/predicate.ts";
import type { CompiledRule, RuleSet } from "../../rule/rule-set.ts";

export interface RuleShare {
  readonly rules: RuleSet;
  /** By index in the share: the rule's index in the whole set; ascending. */
  readonly indexes: readonly number[];
}

/**
 * One share for each engine. The first has all sequences and samples, whose partial matches share limits;
 * event rules go to whichever share costs least so far.
 */
export function shareRules(rules: RuleSet, engines: number): readonly RuleShare[] {
  if (engines === 1) return [{ rules, indexes: rules.rules.map((_, index) => index) }];
  const shares = Array.from({ length: engines }, () => ({ cost: 0, indexes: [] as number[] }));
  const give = (index: number, share: { cost: number; indexes: number[] }): void => {
    share.cost += rules.rules[index]!.cost;
    share.indexes.push(index);
  };
  for (const [index, { plan }] of rules.rules.entries()) {
    if (plan.kind !== "event") give(index, shares[0]!);
  }
  for (const [index, { plan }] of rules.rules.entries()) {
    if (plan.kind !== "event") continue;
    give(
      index,
      shares.reduce((least, share) => (share.cost < least.cost ? share : least)),
    );
  }
  return shares.map(({ indexes }) => {
    const sorted = indexes.sort((a, b) => a - b);
    const chosen = sorted.map((index) => rules.rules[index]!);
    return {
      indexes: sorted,
      rules: { ...rules, rules: chosen, program: pruned(rules.program, chosen) },
    };
  });
}

/** The program with only what the rules ask for; ids stay, and what nobody asks for is false. */
function pruned(program: Program, rules: readonly CompiledRule[]): Program {
  const wanted = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const arg of argumentsOf(program.nodes[id]!)) visit(arg);
  };
  // Subqueries are few, and each engine answers them all.
  const lineage = program.lineage.map(({ predicate }) => predicate);
  const asked = new Set([...lineage, ...rules.flatMap(({ plan }) => predicatesOf(plan))]);
  for (const id of asked) visit(id);
  return {
    ...program,
    nodes: program.nodes.map((node, id): Node => (wanted.has(id as NodeId) ? node : unasked)),
    roots: program.roots.filter((root) => asked.has(root)),
  };
}

const unasked: Node = { op: "false" };
