/** What `run` is told: the flags, and a configuration for what they leave open. */
import { type AgentConfig, emptyConfig, loadConfig } from "../agent/config.ts";
import { CommandFailure } from "../agent/failure.ts";
import type { PrepareOptions } from "../agent/prepare.ts";
import { addToRules } from "../agent/rule-additions.ts";
import { Governor } from "../bus/governor.ts";
import { Sieve } from "../bus/sieve.ts";
import { hasErrors } from "../diagnostic/diagnostic.ts";
import { renderDiagnostics } from "../diagnostic/render.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";
import { prepareOptions } from "./rule-options.ts";

export interface RunSettings {
  /** The flags, with what the configuration says where they were not given. */
  readonly args: Arguments;
  readonly config: AgentConfig;
  readonly options: PrepareOptions;
}

/** Throws a CommandFailure where the configuration can't be read or has errors, which it shows. */
export function runSettings(given: Arguments, context: CommandContext): RunSettings {
  const path = given.text("config");
  if (path === undefined) {
    return { args: given, config: emptyConfig, options: prepareOptions(given) };
  }
  const { config, diagnostics } = loadConfig(path);
  if (hasErrors(diagnostics)) {
    throw new CommandFailure(`${path} can't be used\n${renderDiagnostics(diagnostics)}`);
  }
  if (diagnostics.length > 0) context.log.warn(`${path}\n${renderDiagnostics(diagnostics)}`);
  const args = given.withPresets(config.flags);
  return {
    args,
    config,
    options: {
      ...prepareOptions(args),
      limits: config.limits,
      adjust: (rules) => addToRules(rules, config),
    },
  };
}

/** What is given up on purpose; undefined where nothing is. */
export function sieveOf({ args, config }: RunSettings, context: CommandContext): Sieve | undefined {
  const budgetPercent = args.number("cpu-budget");
  if (budgetPercent === undefined && config.sampling.length === 0) return undefined;
  const onChange = (message: string): void => context.log.error(message);
  const governor = budgetPercent === undefined ? null : new Governor({ budgetPercent, onChange });
  return new Sieve({ sampling: config.sampling, governor });
}
