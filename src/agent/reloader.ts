/** Swaps rules of a live run at a batch boundary: all or nothing. */
import { heartbeatJson } from "../event/stream-record.ts";
import type { LogWriter } from "../log/log-writer.ts";
import type { RuleSet } from "../rule/rule-set.ts";
import type { LiveEngine } from "./live-engine.ts";
import type { LoadedRuleSet } from "./run.ts";
import type { ReloadReport } from "./runtime.ts";

export interface ReloaderOptions {
  readonly loadRules?: (() => Promise<LoadedRuleSet>) | undefined;
  /** Errors of rules that were left out of the set that runs. */
  readonly ruleErrors: readonly string[];
  readonly onRules?: ((rules: RuleSet) => void) | undefined;
  readonly log?: LogWriter | undefined;
  /** Called before other rules take over: whoever collects for them begins now. */
  readonly beforeSwap?: ((rules: RuleSet) => void) | undefined;
}

const hasEnded = "the run has ended";

export class Reloader {
  /** Swaps so far. */
  reloads: number = 0;
  /** Time of the newest record that went to the engine, ns since the epoch. */
  timeNs: bigint | null = null;
  readonly #engine: LiveEngine;
  readonly #options: ReloaderOptions;
  #asked: ((report: ReloadReport) => void)[] = [];
  #isClosed = false;
  #errors: ReadonlySet<string>;
  /** While rules are loaded; then what came of it. */
  #load: Promise<void> | null = null;
  #ready: LoadedRuleSet | string | null = null;

  constructor(engine: LiveEngine, options: ReloaderOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#errors = new Set(options.ruleErrors);
  }

  /** Loads the rules; they are swapped in at the next batch boundary after that. */
  ask(): Promise<ReloadReport> {
    if (this.#isClosed) return Promise.resolve(this.#refused([hasEnded]));
    this.#load ??= this.#begin();
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  /** A batch boundary: swaps the rules if new ones are ready. */
  settle(): void {
    const result = this.#ready;
    if (result === null) return;
    this.#ready = null;
    this.#load = null;
    this.#answer(typeof result === "string" ? this.#refused([result]) : this.#decide(result));
  }

  /** The run has ended. */
  close(): void {
    this.#isClosed = true;
    if (this.#asked.length > 0) this.#answer(this.#refused([hasEnded]));
  }

  async #begin(): Promise<void> {
    const { loadRules } = this.#options;
    try {
      this.#ready =
        loadRules === undefined ? "this run has no rules to load anew" : await loadRules();
    } catch (error) {
      this.#ready = error instanceof Error ? error.message : String(error);
    }
  }

  #answer(report: ReloadReport): void {
    const asked = this.#asked;
    this.#asked = [];
    for (const resolve of asked) resolve(report);
  }

  /** Errors that the rules in use have as well don't count: what was left out before stays out. */
  #decide(loaded: LoadedRuleSet): ReloadReport {
    const fresh = loaded.errors.filter((error) => !this.#errors.has(error));
    if (fresh.length > 0) return this.#refused(fresh);
    this.#errors = new Set(loaded.errors);
    return this.#swap(loaded.rules);
  }

  #swap(rules: RuleSet): ReloadReport {
    const before = this.#engine.rules;
    const held = this.#partials;
    this.#options.beforeSwap?.(rules);
    this.#engine.swap(rules);
    const kept = this.#partials;
    this.reloads += 1;
    this.#record(rules);
    this.#options.onRules?.(rules);
    return {
      swapped: true,
      problems: [],
      rules: rules.rules.length,
      rule_pack_hash: rules.packHash,
      ...compareRuleSets(before, rules),
      partials_kept: kept,
      partials_dropped: held - kept,
    };
  }

  /** Partial matches that all rules hold. */
  get #partials(): number {
    const { rules } = this.#engine.pipeline.engine.costs;
    return rules.reduce((sum, { partials }) => sum + (partials?.live ?? 0), 0);
  }

  /** The log tells from where on other rules ran: a heartbeat that says so, which older readers take as one. */
  #record(rules: RuleSet): void {
    const { log } = this.#options;
    if (log === undefined || this.timeNs === null) return;
    const timeNs = this.timeNs;
    const mark = { rules: { pack_hash: rules.packHash } };
    const json = heartbeatJson(timeNs, mark);
    log.write({ kind: "heartbeat", timeNs, json, value: { kestrel: mark } }, timeNs);
  }

  #refused(problems: readonly string[]): ReloadReport {
    const { rules } = this.#engine;
    return {
      swapped: false,
      problems,
      rules: rules.rules.length,
      rule_pack_hash: rules.packHash,
      added: [],
      removed: [],
      changed: [],
      partials_kept: 0,
      partials_dropped: 0,
    };
  }
}

/** Ids of rules that only one of the sets has, or that differ in content. */
function compareRuleSets(
  before: RuleSet,
  after: RuleSet,
): Pick<ReloadReport, "added" | "removed" | "changed"> {
  const old = new Map(before.rules.map(({ rule }) => [rule.id, rule.contentHash]));
  const now = new Map(after.rules.map(({ rule }) => [rule.id, rule.contentHash]));
  return {
    added: [...now.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !now.has(id)),
    changed: [...now].flatMap(([id, hash]) => (old.has(id) && old.get(id) !== hash ? [id] : [])),
  };
}
