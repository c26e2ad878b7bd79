/** The configuration of an agent: a YAML file. Flags of the same name override what it says. */
import { readFileSync } from "node:fs";
import { defaultLimits, type Limits } from "../base/limits.ts";
import { systemReason } from "../base/system-reason.ts";
import type { Sampling } from "../bus/sieve.ts";
import { maxUid } from "../collect/scope.ts";
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SourceText } from "../diagnostic/source.ts";
import { type RedactionRule, Redactor } from "../log/redactor.ts";
import { badValue, ruleSyntax } from "../rule/errors.ts";
import { readException, readSuppression } from "../rule/format-data.ts";
import { KeyReader } from "../rule/key-reader.ts";
import type { RuleException, Suppression } from "../rule/rule.ts";
import { parseYamlText } from "../rule/text-yaml.ts";
import { CommandFailure } from "./failure.ts";
import { flightSizes, parseFlightSize } from "./flight/flight-recorder.ts";
import { parseSourceSpec } from "./source-spec.ts";
import { hashedContents } from "./sources.ts";

export interface AgentConfig {
  /** Values of flags, by the flag's name: what the file says where the flag is not given. */
  readonly flags: ReadonlyMap<string, string | number | readonly string[]>;
  readonly limits: Limits;
  readonly exceptions: readonly RuleAddition<RuleException>[];
  readonly suppression: readonly RuleAddition<Suppression>[];
  readonly redaction: readonly RedactionRule[];
  readonly sampling: readonly Sampling[];
  /** How long to gather events before they are evaluated, ms. */
  readonly windowMs: number;
}

/** Something that is added to the rule of that id. */
export interface RuleAddition<T> {
  readonly rule: string;
  readonly added: T;
}

export interface ParsedConfig {
  readonly config: AgentConfig;
  /** What is wrong, with places in the file; a configuration with errors must not be used. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What goes without a configuration. */
export const emptyConfig: AgentConfig = {
  flags: new Map(),
  limits: defaultLimits,
  exceptions: [],
  suppression: [],
  redaction: [],
  sampling: [],
  windowMs: 0,
};

/** Keys of the file that stand for a flag with a text, and for one with a list. */
const textKeys: readonly (readonly [key: string, flag: string])[] = [
  ["cgroup", "cgroup"],
  ["alerts", "alerts"],
  ["record", "record"],
  ["flight_recorder", "flight-recorder"],
  ["flight_slices", "flight-slices"],
  ["reject", "reject"],
  ["pid_file", "pid-file"],
  ["control", "control"],
  ["metrics", "metrics"],
  ["sink_spool", "sink-spool"],
  ["sink_headers", "sink-headers"],
  ["sink_ca", "sink-ca"],
  ["selection", "selection"],
  ["schema_extension", "schema-extension"],
];
const listKeys: readonly (readonly [key: string, flag: string])[] = [
  ["rules", "rules"],
  ["only", "only"],
  ["disable", "disable"],
  ["sinks", "sink"],
  ["path_prefixes", "path-prefix"],
];

/** The configuration at `path`. Throws a CommandFailure where it can't be read. */
export function loadConfig(path: string): ParsedConfig {
  try {
    return parseConfig({ name: path, text: readFileSync(path, "utf8") });
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new CommandFailure(`can't read ${path}: ${systemReason(error)}`, undefined, error);
  }
}

/** Reads the text of a configuration. An empty one says nothing. */
export function parseConfig(source: SourceText): ParsedConfig {
  const diagnostics: Diagnostic[] = [];
  const parsed = parseYamlText(source.text);
  if (parsed.kind === "failed") {
    for (const { message, span } of parsed.problems) {
      diagnostics.push(ruleSyntax(source, span, "YAML", message));
    }
    return { config: emptyConfig, diagnostics };
  }
  const [document, second] = parsed.documents;
  if (document === undefined) return { config: emptyConfig, diagnostics };
  if (document.kind !== "map" || second !== undefined) {
    const span = second?.span ?? document.span;
    diagnostics.push(badValue(source, span, "configuration", "one map of keys"));
    return { config: emptyConfig, diagnostics };
  }
  const keys = new KeyReader(source, document, "the configuration", diagnostics);
  const config = readConfig(keys);
  keys.warnOfOtherKeys();
  return { config, diagnostics: diagnostics.map(asError) };
}

/** A key that nobody reads is an error here: a setting that is not heeded may be one that protects. */
function asError(diagnostic: Diagnostic): Diagnostic {
  return diagnostic.code === "unknown-key" ? { ...diagnostic, severity: "error" } : diagnostic;
}

function readConfig(keys: KeyReader): AgentConfig {
  const flags = new Map<string, string | number | readonly string[]>();
  const sources = readSources(keys);
  if (sources.length > 0) flags.set("source", sources);
  for (const [key, flag] of textKeys) {
    const value = keys.text(key);
    if (value !== undefined) flags.set(flag, value);
  }
  const flight = keys.text("flight_recorder");
  if (flight !== undefined && parseFlightSize(flight) === null) {
    const span = keys.any("flight_recorder")?.span ?? keys.span;
    keys.report(badValue(keys.source, span, "flight_recorder", flightSizes));
  }
  for (const [key, flag] of listKeys) {
    const values = keys.texts(key);
    if (values.length > 0) flags.set(flag, values);
  }
  const uid = wholeOf(keys, "uid", 0, maxUid);
  if (uid !== undefined) flags.set("uid", uid);
  const hash = readHash(keys);
  if (hash !== undefined) flags.set("hash", hash);
  const cpu = keys.reader("cpu", "the cpu policy");
  const budget = cpu && numberOf(cpu, "budget_percent", 0.1, 100_000);
  if (budget !== undefined) flags.set("cpu-budget", budget);
  const windowMs = (cpu && numberOf(cpu, "window_ms", 0, 10_000)) ?? 0;
  const sampling = cpu?.readers("sampling", "the sampling").flatMap(readSampling) ?? [];
  cpu?.warnOfOtherKeys();
  return {
    flags,
    limits: readLimits(keys),
    exceptions: keys.readers("exceptions", "the exception").flatMap((exception) =>
      additions(exception, readException).map(({ rule, added }) => ({
        rule,
        added: { ...added, source: keys.source },
      })),
    ),
    suppression: keys
      .readers("suppression", "the suppression")
      .flatMap((suppression) => additions(suppression, readSuppression)),
    redaction: keys.readers("redaction", "the redaction rule").flatMap(readRedaction),
    sampling,
    windowMs,
  };
}

function readSources(keys: KeyReader): readonly string[] {
  const texts = keys.texts("sources");
  const value = keys.any("sources");
  const items = value?.kind === "list" ? value.items : value === undefined ? [] : [value];
  for (const item of items) {
    if (item.kind !== "text") continue;
    const spec = parseSourceSpec(item.value);
    if (typeof spec !== "string") continue;
    keys.report({ ...badValue(keys.source, item.span, "sources", "known sources"), help: spec });
  }
  return texts;
}

function readHash(keys: KeyReader): string | undefined {
  const found = keys.textDatum("hash");
  if (found === undefined) return undefined;
  if ((hashedContents as readonly string[]).includes(found.value)) return found.value;
  const wanted = `one of ${hashedContents.join(", ")}`;
  keys.report(badValue(keys.source, found.span, "hash", wanted));
  return undefined;
}

function readLimits(keys: KeyReader): Limits {
  const reader = keys.reader("limits", "the table of limits");
  const limits: Record<string, number> = { ...defaultLimits };
  for (const name of Object.keys(defaultLimits)) {
    const value = reader && wholeOf(reader, name, 1, Number.MAX_SAFE_INTEGER);
    if (value !== undefined) limits[name] = value;
  }
  reader?.warnOfOtherKeys();
  return { ...defaultLimits, ...limits };
}

/** What a map with the key `rule` adds to that rule. */
function additions<T>(
  keys: KeyReader,
  read: (keys: KeyReader) => readonly T[] | T | null,
): RuleAddition<T>[] {
  const rule = keys.requiredText("rule");
  const found = read(keys);
  const list = found === null ? [] : Array.isArray(found) ? (found as readonly T[]) : [found as T];
  return rule === undefined ? [] : list.map((added) => ({ rule: rule.value, added }));
}

function readSampling(keys: KeyReader): Sampling[] {
  const category = keys.requiredText("category");
  const action = keys.text("action") ?? null;
  const oneIn = wholeOf(keys, "one_in", 1, 1_000_000);
  keys.warnOfOtherKeys();
  if (category === undefined) return [];
  if (oneIn !== undefined) return [{ category: category.value, action, oneIn }];
  if (keys.any("one_in") === undefined) {
    keys.report(badValue(keys.source, keys.span, "one_in", "given: one in so many is kept"));
  }
  return [];
}

const defaultReplacement = "[redacted]";

function readRedaction(keys: KeyReader): RedactionRule[] {
  const field = keys.text("field");
  const pattern = keys.textDatum("pattern");
  const replacement = keys.text("replacement") ?? defaultReplacement;
  keys.warnOfOtherKeys();
  if (field === undefined && pattern === undefined) {
    keys.report(badValue(keys.source, keys.span, "redaction", "a field, a pattern or both"));
    return [];
  }
  const rule = { field, pattern: pattern?.value, replacement };
  try {
    new Redactor([rule]);
  } catch {
    const span = pattern?.span ?? keys.span;
    keys.report(
      badValue(keys.source, span, "pattern", "a regular expression in the syntax of RE2"),
    );
    return [];
  }
  return [rule];
}

function numberOf(keys: KeyReader, key: string, min: number, max: number): number | undefined {
  const value = keys.number(key);
  if (value === undefined || (value >= min && value <= max)) return value;
  const span = keys.any(key)?.span ?? keys.span;
  keys.report(badValue(keys.source, span, key, `a number from ${min} to ${max}`));
  return undefined;
}

function wholeOf(keys: KeyReader, key: string, min: number, max: number): number | undefined {
  const value = numberOf(keys, key, min, max);
  if (value === undefined || Number.isSafeInteger(value)) return value;
  const span = keys.any(key)?.span ?? keys.span;
  keys.report(badValue(keys.source, span, key, "a whole number"));
  return undefined;
}
