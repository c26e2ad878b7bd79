/** Remarks on a rule that arise while it is compiled, beside those of its query. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SourceText, Span } from "../diagnostic/source.ts";

export function badExpiry(source: SourceText, span: Span, text: string): Diagnostic {
  return {
    severity: "error",
    code: "bad-literal",
    message: `\`${text}\` is no date`,
    source,
    span,
    help: "write an ISO 8601 date such as 2027-01-31T00:00:00Z",
  };
}

export function exceptionExpired(source: SourceText, span: Span, text: string): Diagnostic {
  return {
    severity: "warning",
    code: "exception-expired",
    message: `this exception expired on ${text}`,
    source,
    span,
    help: "remove it, or give it a later date with a reason",
  };
}

export function noSuchStep(
  source: SourceText,
  span: Span,
  step: number,
  steps: number,
): Diagnostic {
  return {
    severity: "error",
    code: "bad-value",
    message: `this exception is for step ${step}, but the query's steps are 0 to ${steps - 1}`,
    source,
    span,
  };
}
