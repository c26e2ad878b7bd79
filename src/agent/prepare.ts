/** From paths and options to compiled rules. */
import { readFileSync } from "node:fs";
import type { Provenance } from "../alert/alert.ts";
import type { Limits } from "../base/limits.ts";
import { systemReason } from "../base/system-reason.ts";
import { engineVersion } from "../engine/version.ts";
import { type Compiled, compileRules } from "../rule/compile.ts";
import type { Rule } from "../rule/rule.ts";
import {
  isSelected,
  joinSelections,
  type ParsedSelection,
  parseSelection,
  parseSelectionFile,
  type Selection,
} from "../rule/selection.ts";
import { parseSchemaExtension } from "../schema/extension.ts";
import { builtInSchema } from "../schema/field-table.ts";
import type { Schema } from "../schema/schema.ts";
import { CommandFailure } from "./failure.ts";
import { type LoadedRules, loadRules } from "./load-rules.ts";

/** Where rules come from when nothing is said. */
export const defaultRulesPath = "./rules";

export interface PrepareOptions {
  /** Folders, files, or `-` for standard input. */
  readonly rules: readonly string[];
  /** Terms such as `tag:linux*`; with none, every rule is selected. */
  readonly only: readonly string[];
  readonly disable: readonly string[];
  /** Path of a YAML file with the lists `only` and `disable`. */
  readonly selection?: string | undefined;
  /** For all rules; without it each format has its own. */
  readonly schema?: "open" | "closed" | undefined;
  /** Path of a YAML file with more fields. */
  readonly schemaExtension?: string | undefined;
  readonly limits: Limits;
  /** Changes rules after they are loaded: what a configuration adds to them. */
  readonly adjust?: ((rules: readonly Rule[]) => readonly Rule[]) | undefined;
  /** The moment by which expired exceptions are reported, ns since the epoch. */
  readonly nowNs?: bigint | undefined;
}

export interface PreparedRules {
  readonly loaded: LoadedRules;
  /** What was compiled: the selected rules that are valid. */
  readonly compiled: Compiled;
  /** Rules that the selection leaves out. */
  readonly disabled: readonly Rule[];
}

/**
 * Loads, selects and compiles. Throws a CommandFailure where an option is wrong; rules that can't be
 * read or compiled are reported in the result.
 */
export function prepareRules(options: PrepareOptions): PreparedRules {
  const selection = readSelection(options);
  const schema = loadSchema(options.schemaExtension);
  const read = loadRules(options.rules);
  const loaded = { ...read, rules: options.adjust?.(read.rules) ?? read.rules };
  const selected = loaded.rules.filter((rule) => isSelected(rule, selection));
  const compiled = compileRules(selected, {
    schema,
    limits: options.limits,
    ...(options.schema === undefined ? {} : { mode: options.schema }),
    ...(options.nowNs === undefined ? {} : { nowNs: options.nowNs }),
  });
  const disabled = loaded.rules.filter((rule) => !isSelected(rule, selection));
  return { loaded, compiled, disabled };
}

/** The built-in schema with what the extension at `path` adds. Throws a CommandFailure. */
export function loadSchema(path: string | undefined): Schema {
  const schema = builtInSchema();
  if (path === undefined) return schema;
  const { definitions, problems } = parseSchemaExtension(readText(path));
  if (problems.length > 0) {
    throw new CommandFailure(
      problems.map((problem) => `${path}:${problem.line}: ${problem.message}`).join("\n"),
    );
  }
  return schema.extend(definitions);
}

/** What alerts say about the run that raised them. */
export function provenanceOf(compiled: Compiled): Provenance {
  return {
    engineVersion: engineVersion,
    schemaVersion: compiled.set.schema.version,
    rulePackHash: compiled.set.packHash,
  };
}

function readSelection(options: PrepareOptions): Selection {
  const flags = checked(parseSelection(options.only, options.disable), "");
  if (options.selection === undefined) return flags;
  const file = checked(parseSelectionFile(readText(options.selection)), `${options.selection}: `);
  return joinSelections(file, flags);
}

function checked(parsed: ParsedSelection, prefix: string): Selection {
  if (parsed.problems.length > 0) {
    throw new CommandFailure(parsed.problems.map((problem) => prefix + problem).join("\n"));
  }
  return parsed.selection;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CommandFailure(`can't read ${path}: ${systemReason(error)}`, undefined, error);
  }
}
