/** The thread that loads and compiles rules for a reload, beside those that run. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { CommandFailure } from "../failure.ts";
import { prepareRules } from "../prepare.ts";
import { addToRules } from "../rule-additions.ts";
import { ruleErrors } from "../rule-errors.ts";
import type { RuleAnswer, RuleRequest } from "./load-beside.ts";

assert(parentPort !== null, "this is the main thread");
parentPort.postMessage(answer(workerData as RuleRequest));

function answer({ options, config }: RuleRequest): RuleAnswer {
  try {
    const prepared = prepareRules({ ...options, adjust: (rules) => addToRules(rules, config) });
    const { set } = prepared.compiled;
    const { version, fields } = set.schema;
    return {
      kind: "rules",
      rules: { ...set, schema: { version, fields } },
      errors: ruleErrors(prepared),
    };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return { kind: "failed", message: error.message };
  }
}
