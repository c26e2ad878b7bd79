/** From rule files to an engine that is ready. */
import { prepareRules } from "../../src/agent/prepare.ts";
import { monotonicMs } from "../../src/base/clock.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { Engine } from "../../src/engine/engine.ts";
import { engineVersion } from "../../src/engine/version.ts";
import { wasmBackend } from "../../src/predicate/wasm/wasm.ts";

/** Loads all rules of the paths and builds an engine; returns the seconds and how many rules it has. */
export function timeLoad(paths: readonly string[]): {
  readonly seconds: number;
  readonly rules: number;
} {
  const startMs = monotonicMs();
  const { compiled } = prepareRules({ rules: paths, only: [], disable: [], limits: defaultLimits });
  const rules = compiled.set;
  const onAlert = (): void => {};
  new Engine({ rules, backend: wasmBackend, limits: defaultLimits, engineVersion, onAlert });
  return { seconds: (monotonicMs() - startMs) / 1000, rules: rules.rules.length };
}
