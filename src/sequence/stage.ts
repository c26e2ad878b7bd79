/** A sequence plan made ready to run: its positive steps as stages, its missing steps as gaps. */
import type { SequencePlan } from "../ir/plan.ts";
import type { FieldId } from "../schema/type.ts";

/**
 * One state of the machine: a positive step, or one copy of a positive step whose runs had to be
 * expanded because its residual can refuse each copy on its own.
 */
export interface Stage {
  readonly step: number;
  /** Events that it takes; 1 for an expanded copy. */
  readonly runs: number;
  readonly hasResidual: boolean;
  readonly captures: readonly FieldId[];
  /** The gap before it that missing steps watch; -1 for none. */
  readonly gap: number;
}

/** Gap g lies before the g-th positive step; the last one lies after all of them. */
export interface StagePlan {
  readonly plan: SequencePlan;
  readonly stages: readonly Stage[];
  /** Stages that hold something: what reaches a last stage that takes one event is complete. */
  readonly slots: number;
  /** By step: its stages, ascending; empty for a missing step. */
  readonly stagesOf: readonly (readonly number[])[];
  /** By step: the gap that a missing step watches; -1 for a positive step. */
  readonly gapOf: readonly number[];
  readonly trailingGap: number;
  readonly hasLeading: boolean;
  readonly hasTrailing: boolean;
  readonly hasMissing: boolean;
}

export function createStagePlan(plan: SequencePlan): StagePlan {
  const gapOf: number[] = [];
  let gaps = 0;
  for (const step of plan.steps) {
    gapOf.push(step.missing ? gaps : -1);
    if (!step.missing) gaps += 1;
  }
  const watched = new Set(gapOf);
  const stages: Stage[] = [];
  const stagesOf: number[][] = [];
  let gap = 0;
  for (const [index, step] of plan.steps.entries()) {
    const own: number[] = [];
    stagesOf.push(own);
    if (step.missing) continue;
    const copies = step.residual === null ? 1 : step.runs;
    for (let copy = 0; copy < copies; copy += 1) {
      own.push(stages.length);
      stages.push({
        step: index,
        runs: step.residual === null ? step.runs : 1,
        hasResidual: step.residual !== null,
        captures: step.captures,
        gap: copy === 0 && watched.has(gap) ? gap : -1,
      });
    }
    gap += 1;
  }
  return {
    plan,
    stages,
    slots: stages.length - (stages.at(-1)!.runs > 1 ? 0 : 1),
    stagesOf,
    gapOf,
    trailingGap: gaps,
    hasLeading: watched.has(0),
    hasTrailing: watched.has(gaps),
    hasMissing: plan.steps.some((step) => step.missing),
  };
}
