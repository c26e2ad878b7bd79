/** Replays recorded events through one rule that is watched, and gives what was seen. */
import { suggest } from "../diagnostic/suggest.ts";
import { engineVersion } from "../engine/version.ts";
import { plainBackend } from "../predicate/interpret/interpret.ts";
import type { Rule } from "../rule/rule.ts";
import { type ExplainableRule, Explainer } from "../study/explain.ts";
import type { Explanation } from "../study/explanation.ts";
import { CommandFailure } from "./failure.ts";
import { type ReplayOptions, replay } from "./replay.ts";
import type { RunSummary } from "./summary.ts";

export interface ExplainOptions
  extends Pick<
    ReplayOptions,
    | "inputs"
    | "limits"
    | "timestampField"
    | "timestampUnit"
    | "onProblem"
    | "onNotice"
    | "onProgress"
    | "signal"
  > {
  readonly rule: ExplainableRule;
  readonly top: number;
  readonly entity: string | null;
  readonly atNs: bigint | null;
}

/** Throws a CommandFailure where an input can't be read, or holds no event. */
export async function explainReplay(
  options: ExplainOptions,
): Promise<{ readonly explanation: Explanation; readonly summary: RunSummary }> {
  // The last one made has seen all events: inputs out of order are begun anew.
  let explainer: Explainer = new Explainer(options);
  const summary = await replay({
    ...options,
    rules: options.rule.set,
    // Every conjunct is asked for, not only the roots that the other back ends compile.
    backend: plainBackend,
    engineVersion,
    sinks: [],
    createObserver: () => {
      explainer = new Explainer(options);
      return explainer;
    },
  });
  if (summary.events === 0 && !summary.interrupted) {
    throw new CommandFailure("there are no events to explain anything by");
  }
  return { explanation: explainer.explanation, summary };
}

/** The rule with that id. Throws a CommandFailure, with the nearest id, where there is none. */
export function findRule(rules: readonly Rule[], id: string): Rule {
  const found = rules.filter((rule) => rule.id === id);
  const [rule] = found;
  if (rule === undefined) {
    const named = rules.find(({ name }) => name.toLowerCase() === id.toLowerCase());
    const ids = rules.map((known) => known.id);
    const near = named?.id ?? suggest(id, ids);
    const help = near === undefined ? "; `kestrel list` shows all" : `; did you mean ${near}?`;
    throw new CommandFailure(`no rule has the id ${id}${help}`);
  }
  if (found.length > 1) {
    const paths = found.map(({ path }) => path).join(", ");
    throw new CommandFailure(
      `several rules have the id ${id}: ${paths}; name one file with --rules`,
    );
  }
  return rule;
}
