/** The syntax errors of sequences, samples and durations, one function each. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import { type Place, syntaxError } from "./syntax-errors.ts";

// Durations and counts.

export function expectedDuration(place: Place, found: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-duration",
    message: `expected a duration, found ${found}`,
    help: "a duration is a whole number and a unit, unquoted: `30s`",
  });
}

export function missingUnit(place: Place, digits: string): Diagnostic {
  return syntaxError(place, {
    code: "bad-duration",
    message: "a duration needs a unit: ms, s, m, h or d",
    help: `did you mean \`${digits}s\`?`,
  });
}

export function unknownUnit(
  place: Place,
  digits: string,
  unit: string,
  near: string | undefined,
): Diagnostic {
  return syntaxError(place, {
    code: "bad-duration",
    message: `no unit of time is called \`${unit}\``,
    help: near === undefined ? "units are ms, s, m, h and d" : `did you mean \`${digits}${near}\`?`,
  });
}

export function fractionalDuration(place: Place, exact: string | undefined): Diagnostic {
  return syntaxError(place, {
    code: "bad-duration",
    message: "a duration takes a whole number",
    help:
      exact === undefined ? "use a smaller unit: ms, s, m, h or d" : `did you mean \`${exact}\`?`,
  });
}

export function durationTooLarge(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "duration-too-large",
    message: "a duration is longer than 292 years",
  });
}

export function invalidRuns(place: Place, limit: number): Diagnostic {
  return syntaxError(place, {
    code: "bad-runs",
    message: `\`runs\` takes a whole number from 1 to ${limit}`,
  });
}

// Clauses.

export function clauseOrder(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "with-before-by",
    message: "`by` stands before `with`",
    help: "write `sequence by keys with maxspan=...`",
  });
}

export function duplicateClause(place: Place, clause: string): Diagnostic {
  return syntaxError(place, {
    code: "duplicate-clause",
    message: `\`${clause}\` is given twice`,
  });
}

/** A clause at the wrong place or with the wrong kind of query. */
export function misplacedClause(place: Place, clause: string, rule: string): Diagnostic {
  return syntaxError(place, {
    code: "misplaced-clause",
    message: `\`${clause}\` is not allowed here`,
    help: rule,
  });
}

export function unknownParameter(
  place: Place,
  found: string,
  near: string | undefined,
): Diagnostic {
  return syntaxError(place, {
    code: "unknown-parameter",
    message: `\`with\` does not take ${found}`,
    help:
      near === undefined
        ? "it takes `maxspan=` for a whole sequence, `runs=` for a step"
        : `did you mean \`${near}\`?`,
  });
}

export function joinKeyNotField(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "bad-join-key",
    message: "a join key is a field, not an expression",
    label: "not a field",
  });
}

export function forkUnsupported(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "fork-unsupported",
    message: "`fork` is not supported",
    help: "a newer first event replaces an older one; write a rule for each continuation",
  });
}

export function joinUnsupported(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "join-unsupported",
    message: "`join` is not supported",
    help: "`sample` finds events in any order, `sequence` in the given one",
  });
}

export function expectedAlias(place: Place, found: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-alias",
    message: `expected a name after \`as\`, found ${found}`,
  });
}

// Steps.

export function expectedStep(place: Place, found: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-step",
    message: `expected a step, found ${found}`,
    help: "a step is `[category where condition]`",
  });
}

export function tooFewSteps(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "too-few-steps",
    message: "a sequence needs at least two steps",
    help: "a single step is enough with a count: `[...] with runs=3`",
  });
}

export function tooFewFilters(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "too-few-steps",
    message: "a sample needs at least two filters",
  });
}

export function sampleWithoutKeys(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "sample-without-keys",
    message: "a sample needs at least one join key",
    help: "write `sample by field [...] [...]`",
  });
}

export function missingNeedsMaxspan(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "missing-needs-maxspan",
    message: "a sequence with a missing event needs a maxspan",
    help: "write `with maxspan=...` before the first step",
  });
}

export function onlyMissingSteps(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "no-positive-step",
    message: "a sequence needs at least one step that is not missing",
  });
}
