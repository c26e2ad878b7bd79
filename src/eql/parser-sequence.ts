/** Parses `sequence`, `sample` and the refused `join`: the head, the steps, what follows a step. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import { suggest } from "../diagnostic/suggest.ts";
import type { Duration, JoinKey, SampleQuery, SequenceQuery, Step } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { atAlias, parseAlias, parseKeys, parseMaxspan, parseRuns } from "./parser-clause.ts";
import { parseBracketed } from "./parser-expression.ts";
import * as errors from "./sequence-errors.ts";
import type { Place } from "./syntax-errors.ts";

/** `sequence ...`, with the cursor at the word; null where it has no readable step. */
export function parseSequence(cursor: Cursor): SequenceQuery | null {
  const { start } = cursor.token;
  const at = cursor.here();
  cursor.takeWord("sequence");
  const head = parseHead(cursor);
  const { steps, complete } = parseSteps(cursor);
  const until = parseUntil(cursor);
  if (complete) checkSteps(cursor, at, steps);
  const missing = steps.find((step) => step.missing);
  if (missing !== undefined && !head.spans) {
    cursor.report(errors.missingNeedsMaxspan(cursor.place(missing.span)));
  }
  if (steps.length === 0) return null;
  const { by, maxspan } = head;
  return { kind: "sequence", by, maxspan, steps, until, span: cursor.spanFrom(start) };
}

/** `sample ...`, with the cursor at the word; null where it has no readable filter. */
export function parseSample(cursor: Cursor): SampleQuery | null {
  const { start } = cursor.token;
  const at = cursor.here();
  cursor.takeWord("sample");
  const { by, maxspan } = parseHead(cursor);
  const { steps, complete } = parseSteps(cursor);
  for (const step of steps) checkFilter(cursor, step);
  if (cursor.atWord("until")) {
    cursor.fail(misplaced("until", "a sample has no order and no end"));
    parseUntil(cursor);
  }
  if (complete && steps.length < 2) cursor.report(errors.tooFewFilters(at));
  const hasKeys = by.length > 0 || steps.some((step) => step.by.length > 0);
  if (complete && !hasKeys) cursor.report(errors.sampleWithoutKeys(at));
  if (steps.length === 0) return null;
  return { kind: "sample", by, maxspan, steps, span: cursor.spanFrom(start) };
}

/** `join ...` is read like a sequence, for the errors in it, and refused. */
export function parseJoin(cursor: Cursor): null {
  cursor.report(errors.joinUnsupported(cursor.here()));
  cursor.takeWord("join");
  parseHead(cursor);
  parseSteps(cursor);
  parseUntil(cursor);
  return null;
}

interface Head {
  readonly by: JoinKey[];
  readonly maxspan: Duration | null;
  /** Whether a maxspan is written, be it wrong. */
  readonly spans: boolean;
}

function parseHead(cursor: Cursor): Head {
  const by: JoinKey[] = [];
  let keyed = false;
  let maxspan: Duration | null = null;
  let spans = false;
  for (;;) {
    const place = cursor.here();
    if (cursor.takeWord("by")) {
      if (keyed) cursor.report(errors.duplicateClause(place, "by"));
      else if (spans) cursor.report(errors.clauseOrder(place));
      keyed = true;
      parseKeys(cursor, by);
    } else if (cursor.takeWord("with")) {
      if (spans) cursor.report(errors.duplicateClause(place, "with maxspan"));
      spans = true;
      maxspan = parseHeadParameter(cursor) ?? maxspan;
    } else {
      return { by, maxspan, spans };
    }
  }
}

/** The `maxspan=30s` behind `with`. */
function parseHeadParameter(cursor: Cursor): Duration | null {
  if (cursor.takeWord("maxspan")) return parseMaxspan(cursor);
  const { kind, text } = cursor.token;
  if (kind === "name" && text === "runs") {
    cursor.fail(misplaced("runs", "`with runs=` stands behind a step"));
    cursor.advance();
    parseRuns(cursor);
    return null;
  }
  cursor.fail((place, found) =>
    errors.unknownParameter(place, found, kind === "name" ? suggest(text, ["maxspan"]) : undefined),
  );
  if (kind !== "name") return null;
  cursor.advance();
  return cursor.atSymbol("=") ? parseMaxspan(cursor) : null;
}

interface Steps {
  readonly steps: readonly Step[];
  /** False where a step could not be read, so that counting them would mislead. */
  readonly complete: boolean;
}

function parseSteps(cursor: Cursor): Steps {
  const steps: Step[] = [];
  let complete = true;
  for (;;) {
    if (cursor.atSymbol("[") || cursor.atSymbol("!")) {
      const step = parseStep(cursor);
      if (step === null) complete = false;
      else steps.push(step);
    } else if (cursor.atEnd() || cursor.atSymbol("|") || cursor.atWord("until")) {
      return { steps, complete };
    } else {
      cursor.fail(errors.expectedStep);
      complete = false;
      cursor.skipUntil(() => atStepOrEnd(cursor));
    }
  }
}

function atStepOrEnd(cursor: Cursor): boolean {
  return cursor.atSymbol("[") || cursor.atSymbol("|") || cursor.atStep() || cursor.atWord("until");
}

function parseStep(cursor: Cursor): Step | null {
  const { start } = cursor.token;
  const missing = cursor.takeSymbol("!");
  const query = parseBracketed(cursor);
  const suffix = parseSuffixes(cursor);
  if (query === null) return null;
  const { by, runs, alias } = suffix;
  if (missing && alias !== null) {
    const place = cursor.place(alias.span);
    cursor.report(errors.misplacedClause(place, "as", "a missing event has no fields to name"));
  }
  return { query, missing, by, runs, alias, span: cursor.spanFrom(start) };
}

type Suffixes = Pick<Step, "by" | "runs" | "alias">;

/** `by keys`, `with runs=N`, `as name` behind a step, in any order, each at most once. */
function parseSuffixes(cursor: Cursor): Suffixes {
  const by: JoinKey[] = [];
  let runs: Step["runs"] = null;
  let alias: Step["alias"] = null;
  const seen = new Set<string>();
  const note = (clause: string): void => {
    if (seen.has(clause)) cursor.fail((place) => errors.duplicateClause(place, clause));
    seen.add(clause);
  };
  for (;;) {
    if (cursor.atWord("by")) {
      note("by");
      cursor.takeWord("by");
      parseKeys(cursor, by);
    } else if (cursor.atWord("with")) {
      note("with runs");
      cursor.takeWord("with");
      runs = parseStepParameter(cursor) ?? runs;
    } else if (atAlias(cursor)) {
      note("as");
      alias = parseAlias(cursor) ?? alias;
    } else if (cursor.atWord("fork")) {
      parseFork(cursor);
    } else {
      return { by, runs, alias };
    }
  }
}

/** The `runs=5` behind `with`. */
function parseStepParameter(cursor: Cursor): Step["runs"] {
  const { kind, text } = cursor.token;
  if (kind === "name" && text === "runs") {
    cursor.advance();
    return parseRuns(cursor);
  }
  if (cursor.atWord("maxspan")) {
    cursor.fail(misplaced("maxspan", "`with maxspan=` stands before the first step"));
    cursor.takeWord("maxspan");
    parseMaxspan(cursor);
    return null;
  }
  cursor.fail((place, found) =>
    errors.unknownParameter(place, found, kind === "name" ? suggest(text, ["runs"]) : undefined),
  );
  if (kind !== "name") return null;
  cursor.advance();
  return cursor.atSymbol("=") ? parseRuns(cursor) : null;
}

function parseFork(cursor: Cursor): void {
  cursor.fail(errors.forkUnsupported);
  cursor.takeWord("fork");
  if (!cursor.takeSymbol("=") && !cursor.takeSymbol("==")) return;
  if (cursor.atWord("true") || cursor.atWord("false")) cursor.advance();
}

function parseUntil(cursor: Cursor): Step | null {
  if (!cursor.takeWord("until")) return null;
  if (!cursor.atSymbol("[") && !cursor.atSymbol("!")) {
    cursor.fail(errors.expectedStep);
    cursor.skipUntil(() => cursor.atSymbol("|"));
    return null;
  }
  const step = parseStep(cursor);
  if (step === null) return null;
  if (step.missing) {
    const place = cursor.place(step.span);
    cursor.report(errors.misplacedClause(place, "!", "`until` waits for an event that happens"));
  }
  if (step.runs !== null) {
    const place = cursor.place(step.runs.span);
    cursor.report(errors.misplacedClause(place, "runs", "`until` waits for one event"));
  }
  if (step.alias !== null) {
    const place = cursor.place(step.alias.span);
    cursor.report(errors.misplacedClause(place, "as", "nothing follows `until` to use the name"));
  }
  return { ...step, missing: false, runs: null, alias: null };
}

function checkSteps(cursor: Cursor, at: Place, steps: readonly Step[]): void {
  if (steps.length === 0 || (steps.length === 1 && steps[0]!.runs === null)) {
    cursor.report(errors.tooFewSteps(at));
  } else if (steps.every((step) => step.missing)) {
    cursor.report(errors.onlyMissingSteps(at));
  }
}

/** The filters of a sample have keys, and nothing else behind them. */
function checkFilter(cursor: Cursor, step: Step): void {
  const rule = "the filters of a sample take only `by`";
  const at = (span: Step["span"]): Place => cursor.place(span);
  if (step.missing) cursor.report(errors.misplacedClause(at(step.span), "!", rule));
  if (step.runs !== null) cursor.report(errors.misplacedClause(at(step.runs.span), "runs", rule));
  if (step.alias !== null) cursor.report(errors.misplacedClause(at(step.alias.span), "as", rule));
}

function misplaced(clause: string, rule: string): (place: Place) => Diagnostic {
  return (place) => errors.misplacedClause(place, clause, rule);
}
