/**
 * What lowering can tell about where nodes come from. Nodes carry no places, so that equal ones are one
 * node; who wants to explain a rule lowers it once more, alone, and gives a trace to be filled.
 */
import type { NodeId } from "../ir/predicate.ts";
import type * as ast from "./ast.ts";

/** The parts of one step, until clause or filter, which must all hold. */
export interface TracedStep {
  readonly query: ast.EventQuery;
  readonly category: NodeId;
  /** The test on `host.os.type`; the constant true where the rule is for all systems. */
  readonly systems: NodeId;
  readonly condition: NodeId;
  readonly exceptions: readonly TracedException[];
}

/** An exception of a step as the conjunct that it becomes: true where the exception does not apply. */
export interface TracedException {
  /** Place among all exceptions that the rule has and that could be parsed. */
  readonly index: number;
  readonly condition: ast.Expression;
  readonly node: NodeId;
}

/** Filled while one query is lowered. */
export interface LowerTrace {
  /** The filter node of each condition and subcondition that is one by itself. */
  readonly filters: Map<ast.Expression, NodeId>;
  /** By step or filter; -1 is the until clause. */
  readonly steps: Map<number, TracedStep>;
  /** Names that steps gave to their events, by step. */
  readonly aliases: Map<number, string>;
}

export function createLowerTrace(): LowerTrace {
  return { filters: new Map(), steps: new Map(), aliases: new Map() };
}
