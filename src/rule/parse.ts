/** Turns the text of a rule file into rules and remarks; the file's extension names its format. */
import { type Diagnostic, sortDiagnostics } from "../diagnostic/diagnostic.ts";
import { unknownExtension } from "./errors.ts";
import { readJsonFile, readYamlFile } from "./format-data.ts";
import { readEqlFile } from "./format-eql.ts";
import { readTomlFile } from "./format-toml.ts";
import type { RuleFile } from "./metadata.ts";
import type { Rule } from "./rule.ts";

export interface ParsedRuleFile {
  readonly rules: Rule[];
  readonly diagnostics: Diagnostic[];
}

/** Extensions of rule files, lower case, with their reader. */
const readers: ReadonlyMap<string, (file: RuleFile) => Rule[]> = new Map([
  ["eql", readEqlFile],
  ["json", readJsonFile],
  ["yaml", readYamlFile],
  ["yml", readYamlFile],
  ["toml", readTomlFile],
]);

/** Whether a file of this name is read as rules. */
export function isRulePath(path: string): boolean {
  return readers.has(extensionOf(path));
}

/**
 * Never throws, whatever the text is. A rule with an error is left out; `path` is relative to the
 * folder that the rules are loaded from. The query itself is not parsed here.
 */
export function parseRuleFile(
  file: { readonly path: string; readonly text: string },
  sha256Hex: (text: string) => string,
): ParsedRuleFile {
  const path = file.path.replaceAll("\\", "/").replace(/^(?:\.\/)+/, "");
  const source = { name: path, text: file.text };
  const read = readers.get(extensionOf(path));
  if (read === undefined) return { rules: [], diagnostics: [unknownExtension(source)] };
  const diagnostics: Diagnostic[] = [];
  const rules = read({ source, path, contentHash: sha256Hex(file.text), diagnostics });
  return { rules, diagnostics: sortDiagnostics(diagnostics) };
}

function extensionOf(path: string): string {
  return /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
}
