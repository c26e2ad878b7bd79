/** A hit of a rule's step in one number: 11 bits of row, 20 of rule, 12 of slot. Numbers sort as (row, rule, slot). */

const slotRange = 4096;
const ruleRange = 1_048_576;

/** Exact in a double: `row < 2048`, `rule < 2^20`, `slot < 4096`. */
export function pack(row: number, rule: number, slot: number): number {
  return (row * ruleRange + rule) * slotRange + slot;
}

/** The row of a hit. */
export function rowOf(hit: number): number {
  return Math.floor(hit / (slotRange * ruleRange));
}

/** The rule's index in the rule set. */
export function ruleOf(hit: number): number {
  return Math.floor(hit / slotRange) % ruleRange;
}

/** 0 for until, else the step, counted from 1. */
export function slotOf(hit: number): number {
  return hit % slotRange;
}

/** Whether the hit is one of that rule in that row. */
export function sameRule(hit: number, row: number, rule: number): boolean {
  return rowOf(hit) === row && ruleOf(hit) === rule;
}
