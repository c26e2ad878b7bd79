/** The rules that ran before, so that one command goes back to them. */
import type { LoadedRuleSet } from "./run.ts";
import type { ReloadReport, Runtime } from "./runtime.ts";

/** Sits between a run and what loads its rules: a reload asks it, and a rollback makes it give older ones. */
export class RuleHistory {
  readonly #load: () => Promise<LoadedRuleSet>;
  #current: LoadedRuleSet;
  #previous: LoadedRuleSet | null = null;
  /** What the next load gives in place of the files; what the last load gave. */
  #next: LoadedRuleSet | null = null;
  #loaded: LoadedRuleSet | null = null;

  constructor(current: LoadedRuleSet, load: () => Promise<LoadedRuleSet>) {
    this.#current = current;
    this.#load = load;
  }

  /** What a run loads its rules with. */
  async load(): Promise<LoadedRuleSet> {
    const next = this.#next;
    this.#next = null;
    this.#loaded = next ?? (await this.#load());
    return this.#loaded;
  }

  /** The rules that were loaded last are in use. */
  adopted(): void {
    if (this.#loaded === null || this.#loaded === this.#current) return;
    this.#previous = this.#current;
    this.#current = this.#loaded;
  }

  /**
   * Goes back to the rules that ran before the present ones; a second call goes forward again. Throws
   * where there are none.
   */
  async rollBack(run: Runtime): Promise<ReloadReport> {
    if (this.#previous === null) throw new Error("no other rules ran before");
    const wanted = this.#previous;
    this.#next = wanted;
    const report = await run.reload();
    // A reload that was under way answered in its place.
    if (this.#next !== wanted) return report;
    this.#next = null;
    throw new Error("a reload was under way: ask again");
  }
}
