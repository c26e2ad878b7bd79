/** Reads rule files from disk; the texts are understood in rule/. */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { sha256Hex } from "../base/hash.ts";
import { systemReason } from "../base/system-reason.ts";
import { compareByCodePoint } from "../base/text-order.ts";
import { type Diagnostic, hasErrors } from "../diagnostic/diagnostic.ts";
import { isRulePath, parseRuleFile } from "../rule/parse.ts";
import type { Rule } from "../rule/rule.ts";

/** A file or folder that could not be read. */
export interface LoadProblem {
  readonly path: string;
  readonly message: string;
  /** Whether it is one of the paths asked for, and not something below one. */
  readonly root: boolean;
}

export interface LoadedRules {
  /** In the order of the paths, within a folder by path. */
  readonly rules: readonly Rule[];
  readonly diagnostics: readonly Diagnostic[];
  readonly problems: readonly LoadProblem[];
  /** Files that hold a rule which can't be read; each counts as one invalid rule. */
  readonly brokenFiles: number;
}

/**
 * Loads rules from folders (recursively), single files and, for `-`, standard input. In folders only
 * files with a rule's extension are read; links are followed, but never into a folder that is being
 * read already. A rule's path is relative to the folder asked for. Never throws for what it finds.
 */
export function loadRules(paths: readonly string[]): LoadedRules {
  const load: Load = { rules: [], diagnostics: [], problems: [], brokenFiles: 0 };
  for (const path of paths) loadRoot(load, path);
  return load;
}

interface Load {
  readonly rules: Rule[];
  readonly diagnostics: Diagnostic[];
  readonly problems: LoadProblem[];
  brokenFiles: number;
}

type RulePath = (text: string) => string;

/** The name of rules from standard input ends in the extension of the format that they look like. */
const standardInput: RulePath = (text) => {
  if (/^\s*[{[]\s*(?:["{}\]]|$)/.test(text)) return "stdin.json";
  if (/^\s*\[{1,2}[\w.]+\]{1,2}\s*$/m.test(text)) return "stdin.toml";
  if (/^(?:id|name|query|description|version|severity|tags|author):(?:\s|$)/m.test(text)) {
    return "stdin.yaml";
  }
  return "stdin.eql";
};

function loadRoot(load: Load, path: string): void {
  try {
    if (path === "-") readText(load, standardInput, 0);
    else if (statSync(path).isDirectory()) loadFolder(load, path, "", new Set());
    else readText(load, () => basename(path), path);
  } catch (error) {
    load.problems.push({ path, message: systemReason(error), root: true });
  }
}

function loadFolder(load: Load, root: string, below: string, open: Set<string>): void {
  const folder = join(root, below);
  const real = realpathSync(folder);
  if (open.has(real)) return;
  open.add(real);
  for (const name of readdirSync(folder).sort(compareByCodePoint)) {
    const path = below === "" ? name : `${below}/${name}`;
    try {
      const found = statSync(join(root, path));
      if (found.isDirectory()) loadFolder(load, root, path, open);
      else if (found.isFile() && isRulePath(name)) readText(load, () => path, join(root, path));
    } catch (error) {
      load.problems.push({ path: join(root, path), message: systemReason(error), root: false });
    }
  }
  open.delete(real);
}

/** `from` is a file's path or a file handle. */
function readText(load: Load, rulePath: RulePath, from: string | number): void {
  const text = readFileSync(from, "utf8").replace(/^\ufeff/, "");
  const parsed = parseRuleFile({ path: rulePath(text), text }, sha256Hex);
  load.rules.push(...parsed.rules);
  load.diagnostics.push(...parsed.diagnostics);
  if (hasErrors(parsed.diagnostics)) load.brokenFiles += 1;
}
