/** Names a set of rules by one hash, which every alert and log carries. */
import type { Rule } from "./rule.ts";

/** SHA-256 over id, path and content hash of every rule; their order does not matter. */
export function rulePackHash(
  rules: readonly Pick<Rule, "id" | "path" | "contentHash">[],
  sha256Hex: (text: string) => string,
): string {
  const lines = rules.map((rule) => JSON.stringify([rule.id, rule.path, rule.contentHash]));
  return sha256Hex(lines.sort().join("\n"));
}
