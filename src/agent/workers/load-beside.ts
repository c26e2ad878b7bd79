/** Loads and compiles rules in a thread of its own, so that a live run does not stand still meanwhile. */
import type { RuleSet } from "../../rule/rule-set.ts";
import { Schema } from "../../schema/schema.ts";
import type { AgentConfig } from "../config.ts";
import { CommandFailure } from "../failure.ts";
import type { PrepareOptions } from "../prepare.ts";
import type { LoadedRuleSet } from "../run.ts";
import { Inbox } from "./inbox.ts";
import type { PlainSchema } from "./messages.ts";

/** What the thread begins with. */
export interface RuleRequest {
  readonly options: Omit<PrepareOptions, "adjust">;
  readonly config: AgentConfig;
}

/** What it says, once. */
export type RuleAnswer =
  | {
      readonly kind: "rules";
      readonly rules: Omit<RuleSet, "schema"> & { readonly schema: PlainSchema };
      readonly errors: readonly string[];
    }
  | { readonly kind: "failed"; readonly message: string };

/** Rejects with a CommandFailure where an option is wrong, such as a selection that can't be read. */
export async function loadRulesBeside(request: RuleRequest): Promise<LoadedRuleSet> {
  const inbox = new Inbox<RuleAnswer>(() => true);
  try {
    inbox.start(new URL("./rule-thread.js", import.meta.url), request);
    const message = (await inbox.next())?.message;
    if (message === undefined) throw new CommandFailure("rules could not be loaded");
    if (message.kind === "failed") throw new CommandFailure(message.message);
    const { version, fields } = message.rules.schema;
    const rules = { ...message.rules, schema: new Schema(version, fields) };
    return { rules, errors: message.errors };
  } finally {
    await inbox.close();
  }
}
