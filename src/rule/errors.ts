/** Every diagnostic that a rule file can give, one function each; see docs/errors.md. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SourceText, Span } from "../diagnostic/source.ts";

export function ruleSyntax(
  source: SourceText,
  span: Span,
  format: string,
  message: string,
): Diagnostic {
  return error(source, span, "rule-syntax", `not valid ${format}: ${message}`);
}

export function unknownExtension(source: SourceText): Diagnostic {
  return {
    ...error(
      source,
      fileStart,
      "rule-format",
      `no rule format goes by the name \`${source.name}\``,
    ),
    help: "rule files end in .eql, .json, .yaml, .yml or .toml",
  };
}

export function notARule(source: SourceText, span: Span, message: string): Diagnostic {
  return error(source, span, "not-a-rule", message);
}

export function notEql(source: SourceText, span: Span, language: string): Diagnostic {
  return warning(source, span, "not-eql", `skipped: a rule in ${language}, not in EQL`);
}

export function missingKey(source: SourceText, span: Span, key: string, owner: string): Diagnostic {
  return error(source, span, "missing-key", `${owner} has no \`${key}\``);
}

export function emptyKey(source: SourceText, span: Span, key: string): Diagnostic {
  return error(source, span, "missing-key", `\`${key}\` is empty`);
}

export function unknownKey(
  source: SourceText,
  span: Span,
  key: string,
  owner: string,
  similar: string | undefined,
): Diagnostic {
  const found = warning(source, span, "unknown-key", `${owner} knows no key \`${key}\``);
  return similar === undefined
    ? found
    : { ...found, help: `a key with a similar name exists: \`${similar}\`` };
}

export function wrongKind(
  source: SourceText,
  span: Span,
  key: string,
  wanted: string,
  found: string,
): Diagnostic {
  return error(source, span, "rule-type", `\`${key}\` must be ${wanted}, not ${found}`);
}

export function badValue(source: SourceText, span: Span, key: string, wanted: string): Diagnostic {
  return error(source, span, "rule-value", `\`${key}\` must be ${wanted}`);
}

export function unusualSeverity(source: SourceText, span: Span, severity: string): Diagnostic {
  return {
    ...warning(source, span, "unknown-severity", `\`${severity}\` is no usual severity`),
    help: "use low, medium, high or critical",
  };
}

export function unexplainedException(source: SourceText, span: Span, key: string): Diagnostic {
  return warning(source, span, "unexplained-exception", `the exception has no \`${key}\``);
}

export function duplicateId(
  source: SourceText,
  span: Span,
  id: string,
  otherPath: string,
): Diagnostic {
  return {
    ...warning(
      source,
      span,
      "duplicate-id",
      `the rule id \`${id}\` is taken by \`${otherPath}\` too`,
    ),
    help: "alerts tell the two apart by path only",
  };
}

const fileStart: Span = { start: 0, end: 0 };

function error(source: SourceText, span: Span, code: string, message: string): Diagnostic {
  return { severity: "error", code, message, source, span };
}

function warning(source: SourceText, span: Span, code: string, message: string): Diagnostic {
  return { severity: "warning", code, message, source, span };
}
