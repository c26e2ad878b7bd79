/** Every error and warning about names and types, one function each. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SourceText, Span } from "../diagnostic/source.ts";

/** Where a remark points. */
export interface Place {
  readonly source: SourceText;
  readonly span: Span;
}

function error(place: Place, code: string, message: string, extra: Extra = {}): Diagnostic {
  return { severity: "error", code, message, ...place, ...extra };
}

function warning(place: Place, code: string, message: string, extra: Extra = {}): Diagnostic {
  return { severity: "warning", code, message, ...place, ...extra };
}

interface Extra {
  readonly label?: string;
  readonly help?: string;
}

function help(text: string | undefined): Extra {
  return text === undefined ? {} : { help: text };
}

function similar(kind: string, name: string | undefined): Extra {
  return help(name && `a ${kind} with a similar name exists: \`${name}\``);
}

export function unknownField(
  place: Place,
  path: string,
  category: string,
  suggestion: string | undefined,
): Diagnostic {
  return error(place, "unknown-field", `no field \`${path}\` on event category \`${category}\``, {
    label: "unknown field",
    ...similar("field", suggestion),
  });
}

export function registeredField(place: Place, path: string, type: string): Diagnostic {
  return warning(
    place,
    "unknown-field",
    `the schema has no field \`${path}\`; it is read as ${type}`,
    { label: "not in the schema" },
  );
}

export function fieldNotInCategory(
  place: Place,
  path: string,
  category: string,
  categories: readonly string[],
): Diagnostic {
  return warning(
    place,
    "field-not-in-category",
    `events of category \`${category}\` do not have \`${path}\``,
    help(`it occurs on: ${categories.join(", ")}`),
  );
}

export function objectField(place: Place, path: string): Diagnostic {
  return error(place, "type-mismatch", `\`${path}\` is a list of records, not a value`, {
    label: "list of records",
    help: "search it with `_arraysearch(list, $item, $item.member == ...)`",
  });
}

export function unknownFunction(
  place: Place,
  name: string,
  suggestion: string | undefined,
): Diagnostic {
  const replacement = replaced.get(name.toLowerCase());
  return error(place, "unknown-function", `no function \`${name}\``, {
    label: "unknown function",
    ...(replacement === undefined ? similar("function", suggestion) : { help: replacement }),
  });
}

const replaced: ReadonlyMap<string, string> = new Map([
  ["wildcard", "use the `like` or `:` operator"],
  ["match", "use the `regex` operator"],
  ["matchlite", "use the `regex` operator"],
  ["arraycontains", "compare the field itself: any of its values may match"],
  ["arraysearch", "use `_arraysearch(list, $item, condition)`"],
  ["safe", "it is not needed: what can't be computed is null"],
]);

export function noInsensitiveForm(place: Place, name: string): Diagnostic {
  return error(place, "no-insensitive-form", `\`${name}\` has no case-insensitive form`, {
    help: "leave out the `~`",
  });
}

export function wrongArity(place: Place, name: string, wanted: string, given: number): Diagnostic {
  return error(place, "wrong-arity", `\`${name}\` takes ${wanted}, not ${given}`);
}

export function wrongArgument(
  place: Place,
  name: string,
  parameter: string,
  wanted: string,
  given: string,
): Diagnostic {
  return error(
    place,
    "type-mismatch",
    `\`${parameter}\` of \`${name}\` must be ${wanted}, not ${given}`,
    { label: given },
  );
}

export function incomparable(place: Place, left: string, right: string): Diagnostic {
  return error(place, "type-mismatch", `${left} can't be compared with ${right}`);
}

export function noOrder(place: Place, type: string): Diagnostic {
  return error(place, "type-mismatch", `values of type ${type} have no order`);
}

export function wrongOperand(
  place: Place,
  operator: string,
  wanted: string,
  given: string,
): Diagnostic {
  return error(place, "type-mismatch", `\`${operator}\` needs ${wanted}, not ${given}`, {
    label: given,
  });
}

export function notALiteral(place: Place, operator: string): Diagnostic {
  return error(place, "type-mismatch", `a pattern of \`${operator}\` must be a literal text`);
}

export function badLiteral(place: Place, text: string, type: string): Diagnostic {
  return error(place, "bad-literal", `\`${text}\` is no ${type}`, { label: `not a ${type}` });
}

export function regexProblem(
  place: Place,
  code: "bad-regex" | "unsupported-regex",
  message: string,
): Diagnostic {
  const hint = "escape the character with a backslash to match it literally";
  return error(place, code, message, code === "bad-regex" ? {} : { help: hint });
}

export function notBoolean(place: Place, type: string): Diagnostic {
  return error(place, "not-boolean", `a condition must be true or false, not ${type}`, {
    label: type,
  });
}

export function unknownAlias(place: Place, name: string): Diagnostic {
  return error(place, "unknown-alias", `no step is called \`${name}\``, {
    help: `name an earlier step with \`[...] as ${name}\``,
  });
}

export function aliasNotEarlier(place: Place, name: string): Diagnostic {
  return error(place, "alias-not-earlier", `\`${name}\` names this step or a later one`, {
    help: "a step can only read events that matched before it",
  });
}

export function duplicateAlias(place: Place, name: string): Diagnostic {
  return error(place, "duplicate-alias", `two steps are called \`${name}\``);
}

export function aliasOnMissing(place: Place, name: string): Diagnostic {
  return error(place, "alias-not-earlier", `\`${name}\` names a missing-event step`, {
    help: "a missing event has no values",
  });
}

export function aliasOutside(place: Place, what: string): Diagnostic {
  return error(place, "alias-not-earlier", `earlier events can't be read in ${what}`);
}

export function unknownVariable(place: Place, name: string): Diagnostic {
  return error(place, "unknown-variable", `no variable \`$${name}\` here`, {
    help: "a variable is bound by `_arraysearch(list, $name, condition)`",
  });
}

export function badArraySearch(place: Place, message: string): Diagnostic {
  return error(place, "type-mismatch", message, {
    help: "write `_arraysearch(list, $item, condition)`",
  });
}

export function keyCount(place: Place, wanted: number, given: number): Diagnostic {
  return error(
    place,
    "key-count",
    `this step has ${plural(given, "join key")} where the first has ${wanted}`,
  );
}

export function tooManyKeys(place: Place, given: number, limit: number): Diagnostic {
  return error(place, "key-count", `${plural(given, "join key")}, more than ${limit}`);
}

export function keyType(place: Place, wanted: string, given: string): Diagnostic {
  return error(place, "key-type", `a join key of type ${given} can't equal one of type ${wanted}`);
}

export function sampleNeedsKeys(place: Place): Diagnostic {
  return error(place, "key-count", "`sample` needs at least one join key", {
    help: "write `sample by field [...] [...]`",
  });
}

export function pipeInRule(place: Place, name: string): Diagnostic {
  return error(place, "pipe-in-rule", `a rule can't end in the pipe \`${name}\``, {
    help: "a rule runs over a stream, which has no end; pipes belong in `kestrel query`",
  });
}

export function neverMatches(place: Place, what: string): Diagnostic {
  return warning(place, "never-matches", `${what} can never match`);
}

export function zeroMaxspan(place: Place): Diagnostic {
  return warning(place, "zero-maxspan", "with a maxspan of 0 all events must be at one instant");
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export function swallowsStep(place: Place, step: number): Diagnostic {
  return warning(
    place,
    "exception-swallows-step",
    `this exception holds for every event of step ${step}`,
    {
      help: "narrow its condition, or disable the rule",
    },
  );
}

export function badPipeArgument(place: Place, pipe: string): Diagnostic {
  return error(place, "bad-pipe-argument", `\`${pipe}\` can't take this`, {
    help: pipeForms.get(pipe) ?? "see docs/language.md, pipes",
  });
}

const pipeForms: ReadonlyMap<string, string> = new Map([
  ["head", "write `head 10`"],
  ["tail", "write `tail 10`"],
  ["filter", "write `filter condition`"],
  ["count", "write `count` or `count field`"],
]);
