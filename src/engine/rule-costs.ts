/** What each rule, each predicate that rules share and each field cost so far. */
import { predicatesOf } from "../ir/cost.ts";
import { nodeKinds, nodeTable } from "../ir/node-table.ts";
import { argumentsOf, type LineageId, type NodeId, type Program } from "../ir/predicate.ts";
import type { EvaluatorCounters, FieldCounters } from "../predicate/contract.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { SequenceCounters } from "../sequence/contract.ts";
import type { BatchTimer } from "./batch-timer.ts";

/**
 * All counts are the same for the same input, however it is cut into batches and whichever back end
 * evaluates it, but for `scans` and `chars` of fields; times are sampled.
 */
export interface Costs {
  readonly events: number;
  /** In the order of the rule set. */
  readonly rules: readonly RuleCost[];
  /** In the order of the program's roots. */
  readonly predicates: readonly PredicateCost[];
  readonly fields: readonly FieldCounters[];
  /** Batches that were timed; 0 where no profiler was given. */
  readonly sampledBatches: number;
}

export interface RuleCost {
  /** Sums over the rule's predicates: those of its steps, of its `until` and of its lineage. */
  readonly evaluations: number;
  readonly hits: number;
  readonly alerts: number;
  readonly suppressed: number;
  /** Null for event rules. */
  readonly partials: SequenceCounters | null;
  /**
   * ms in the batches that were timed: its part of its predicates, each shared out evenly among the
   * rules that use it, the sequence engine and the making of alerts.
   */
  readonly ms: number;
}

export interface PredicateCost {
  readonly node: NodeId;
  /** Indexes in the rule set of the rules that use it, ascending. */
  readonly rules: readonly number[];
  readonly evaluations: number;
  readonly hits: number;
  readonly ms: number;
}

/** Alerts by index in the rule set. */
export interface AlertCounts {
  readonly raised: Float64Array;
  readonly suppressed: Float64Array;
}

export interface CostParts {
  readonly rules: RuleSet;
  readonly events: number;
  readonly counters: EvaluatorCounters;
  readonly alerts: AlertCounts;
  readonly partials: (rule: number) => SequenceCounters | null;
  readonly timer: BatchTimer | null;
}

export function collectCosts(parts: CostParts): Costs {
  const { rules, counters, alerts, timer } = parts;
  const { program } = rules;
  const users = rootUsers(rules);
  const predicates = program.roots.map((node, place) => ({
    node,
    rules: users.get(node) ?? [],
    evaluations: counters.evaluations[place]!,
    hits: counters.hits[place]!,
    ms: timer?.rootMs[place] ?? 0,
  }));
  const sums = rules.rules.map((_, rule) => ({
    evaluations: 0,
    hits: 0,
    alerts: alerts.raised[rule]!,
    suppressed: alerts.suppressed[rule]!,
    partials: parts.partials(rule),
    ms: timer?.ruleMs[rule] ?? 0,
  }));
  for (const predicate of predicates) {
    for (const rule of predicate.rules) {
      const sum = sums[rule]!;
      sum.evaluations += predicate.evaluations;
      sum.hits += predicate.hits;
      sum.ms += predicate.ms / predicate.rules.length;
    }
  }
  return {
    events: parts.events,
    rules: sums,
    predicates,
    fields: counters.fields,
    sampledBatches: timer?.sampled ?? 0,
  };
}

/** Evaluations of all predicates, each counted once however many rules use it. */
export function totalEvaluations(costs: Costs): number {
  return costs.predicates.reduce((sum, { evaluations }) => sum + evaluations, 0);
}

const usersOf = new WeakMap<RuleSet, ReadonlyMap<NodeId, readonly number[]>>();

/** Which rules use a root, by their index in the rule set; found once. */
function rootUsers(rules: RuleSet): ReadonlyMap<NodeId, readonly number[]> {
  let users = usersOf.get(rules);
  if (users === undefined) {
    users = findUsers(rules);
    usersOf.set(rules, users);
  }
  return users;
}

function findUsers(rules: RuleSet): ReadonlyMap<NodeId, readonly number[]> {
  const { program } = rules;
  const users = new Map<NodeId, number[]>(program.roots.map((root) => [root, []]));
  const holders = lineageHolders(program);
  for (const [rule, { plan }] of rules.rules.entries()) {
    const predicates = predicatesOf(plan);
    const subqueries = lineageBelow(program, holders, predicates).map(
      (query) => program.lineage[query]!.predicate,
    );
    // A residual is asked by the sequence engine and is no root.
    for (const root of new Set([...predicates, ...subqueries])) users.get(root)?.push(rule);
  }
  return users;
}

/** By node: 1 where it or something below it asks for lineage. */
function lineageHolders(program: Program): Uint8Array {
  const { kinds, starts, args } = nodeTable(program);
  const holders = new Uint8Array(kinds.length);
  for (let id = 0; id < kinds.length; id += 1) {
    if (kinds[id] === nodeKinds.lineage) holders[id] = 1;
    for (let at = starts[id]!; at < starts[id + 1]!; at += 1) holders[id]! |= holders[args[at]!]!;
  }
  return holders;
}

/** The subqueries that predicates ask for, and those that these ask for. */
function lineageBelow(
  program: Program,
  holders: Uint8Array,
  predicates: readonly NodeId[],
): LineageId[] {
  const queries = new Set<LineageId>();
  const seen = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    if (holders[id] === 0 || seen.has(id)) return;
    seen.add(id);
    const node = program.nodes[id]!;
    if (node.op === "lineage") {
      queries.add(node.query);
      visit(program.lineage[node.query]!.predicate);
    }
    for (const arg of argumentsOf(node)) visit(arg);
  };
  for (const predicate of predicates) visit(predicate);
  return [...queries];
}
