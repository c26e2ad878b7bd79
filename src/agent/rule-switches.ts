/** Rules that were switched off while an agent runs, by terms of a selection (`id:X`, `tag:X`, ...). */
import { parseSelection } from "../rule/selection.ts";
import type { ReloadReport, Runtime } from "./runtime.ts";

/** Each change loads the rules anew; where that is refused, nothing has changed. */
export class RuleSwitches {
  readonly #off: Set<string> = new Set();

  /** What is off, in the order in which it was switched. */
  get off(): readonly string[] {
    return [...this.#off];
  }

  /** Switches off the rules that `term` names. Throws where it is no term, or is off already. */
  async disable(run: Runtime, term: string | null): Promise<ReloadReport> {
    if (term === null) throw new Error("name rules, such as id:ID or tag:TAG");
    const [problem] = parseSelection([], [term]).problems;
    if (problem !== undefined) throw new Error(problem);
    if (this.#off.has(term)) throw new Error(`${term} is off already`);
    this.#off.add(term);
    const report = await run.reload();
    if (!report.swapped) this.#off.delete(term);
    return report;
  }

  /** Switches on again what `disable` switched off. Throws where that did not. */
  async enable(run: Runtime, term: string | null): Promise<ReloadReport> {
    if (term === null || !this.#off.has(term)) {
      const known = this.#off.size === 0 ? "nothing is" : `these are: ${this.off.join(", ")}`;
      throw new Error(`${term ?? "that"} was not switched off here; ${known}`);
    }
    this.#off.delete(term);
    const report = await run.reload();
    if (!report.swapped) this.#off.add(term);
    return report;
  }
}
