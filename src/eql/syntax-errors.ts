/** Every syntax error of EQL, one function each; names and types are `check-errors.ts`. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import type { SourceText, Span } from "../diagnostic/source.ts";

/** Where an error is: a span of the file, not of the query. */
export interface Place {
  readonly source: SourceText;
  readonly span: Span;
}

// Characters and literals.

export function unexpectedCharacter(place: Place, character: string): Diagnostic {
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return syntaxError(place, {
    code: "unexpected-character",
    message: `the character ${quote(character)} (U+${code}) has no meaning here`,
    ...characterHelp(character),
  });
}

function characterHelp(character: string): { help?: string } {
  if (character === "~") {
    return { help: "the tilde stands directly behind `in`, `like`, `regex` or a function name" };
  }
  if (character === "\\") return { help: "a backslash belongs inside a string" };
  if (/[\p{L}\p{N}]/u.test(character)) {
    return { help: "write a name with such characters in backticks: `` `name` ``" };
  }
  return {};
}

export function unterminatedString(place: Place, quotes: string): Diagnostic {
  return syntaxError(place, {
    code: "unterminated-string",
    message: `a string has no closing ${quote(quotes)} on its line`,
    help: 'a line break inside a string is written `\\n`, a quote `\\"`',
  });
}

export function unterminatedName(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "unterminated-name",
    message: "a quoted name has no closing backtick on its line",
    help: "a backtick inside a quoted name is doubled",
  });
}

export function emptyName(place: Place): Diagnostic {
  return syntaxError(place, { code: "empty-name", message: "a quoted name is empty" });
}

export function unterminatedComment(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "unterminated-comment",
    message: "a comment has no closing `*/`",
    help: "comments nest: each `/*` needs a `*/` of its own",
  });
}

export function invalidEscape(place: Place, written: string): Diagnostic {
  return syntaxError(place, {
    code: "bad-escape",
    message: `${quote(written)} is not an escape sequence`,
    label: "unknown escape",
    help: 'write a backslash as `\\\\`, or use a raw string: `"""..."""`',
  });
}

export function invalidCodePoint(place: Place, hex: string): Diagnostic {
  return syntaxError(place, {
    code: "invalid-code-point",
    message: `U+${hex} is not a Unicode character`,
    help: "`\\u{...}` takes 0 to 10ffff without the surrogates d800 to dfff",
  });
}

export function singleQuotedString(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "single-quoted-string",
    message: "strings are not written in single quotes",
    help: 'use double quotes: `"..."`',
  });
}

export function curlyQuotes(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "curly-quotes",
    message: "strings are not written in curly quotes",
    help: 'use straight quotes: `"..."`',
  });
}

export function rawStringPrefix(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "raw-string-prefix",
    message: "raw strings are not written with a question mark",
    help: 'use three double quotes: `"""..."""`',
  });
}

export function foreignOperator(place: Place, written: string, meant: string): Diagnostic {
  return syntaxError(place, {
    code: "foreign-operator",
    message: `${quote(written)} is not an operator`,
    help: `write ${quote(meant)}`,
  });
}

export function malformedNumber(place: Place, written: string): Diagnostic {
  return syntaxError(place, {
    code: "malformed-number",
    message: `${quote(written)} is not a number`,
    ...(/^0x[0-9a-f]+$/i.test(written)
      ? { help: `numbers are decimal: \`${BigInt(written)}\`, or \`number("${written}")\`` }
      : {}),
  });
}

export function numberTooLarge(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "number-too-large",
    message: "a number is beyond the range of a double",
  });
}

// Limits.

export function queryTooLong(place: Place, given: number, limit: number): Diagnostic {
  return syntaxError(place, {
    code: "query-too-long",
    message: `a query of ${given} characters is longer than the limit of ${limit}`,
  });
}

export function nestingLimit(place: Place, limit: number): Diagnostic {
  return syntaxError(place, {
    code: "nesting-limit",
    message: `an expression is nested more than ${limit} levels deep`,
    help: "split it, or use `in (...)` in place of a long chain",
  });
}

// Queries and words.

export function emptyQuery(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "empty-query",
    message: "the query is empty",
    help: "a query is `category where condition` or `sequence [...] [...]`",
  });
}

export function expectedCategory(place: Place, found: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-category",
    message: `expected an event category, found ${found}`,
    help: "a query is `category where condition`; `any where` takes every event",
  });
}

export function unquotedCategory(place: Place, name: string): Diagnostic {
  return syntaxError(place, {
    code: "unquoted-category",
    message: `the event category ${quote(name)} has to be quoted`,
    help: `write \`${JSON.stringify(name)} where\``,
  });
}

export function expectedWhere(place: Place, found: string, category: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-where",
    message: `expected \`where\` after the event category ${quote(category)}, found ${found}`,
    help: "a query is `category where condition`; `where true` takes every event of a category",
  });
}

export function expectedExpression(place: Place, found: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-expression",
    message: `expected a field, a value or a function call, found ${found}`,
  });
}

export function expectedName(place: Place, found: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-name",
    message: `expected a name, found ${found}`,
  });
}

export function expectedSymbol(place: Place, symbol: string, found: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-symbol",
    message: `expected ${quote(symbol)}, found ${found}`,
    label: `${quote(symbol)} expected`,
  });
}

export function unexpectedToken(place: Place, found: string): Diagnostic {
  return syntaxError(place, {
    code: "unexpected-token",
    message: `${found} is not expected here`,
    help: "conditions are joined by `and` or `or`",
  });
}

export function trailingText(place: Place, found: string): Diagnostic {
  return syntaxError(place, {
    code: "unexpected-token",
    message: `${found} is not expected here`,
    label: "the query ends before this",
  });
}

export function keywordCase(place: Place, written: string): Diagnostic {
  return syntaxError(place, {
    code: "keyword-case",
    message: `keywords are written in lower case, not ${quote(written)}`,
    help: `write ${quote(written.toLowerCase())}`,
  });
}

export function reservedWord(place: Place, word: string): Diagnostic {
  return syntaxError(place, {
    code: "reserved-word",
    message: `${quote(word)} is a reserved word`,
    help: `a field of that name is written in backticks: \`\` \`${word}\` \`\``,
  });
}

export function reservedCategory(place: Place, word: string): Diagnostic {
  return syntaxError(place, {
    code: "reserved-word",
    message: `${quote(word)} is a reserved word`,
    help: `an event category of that name is quoted: \`"${word}" where\``,
  });
}

export function macroUnsupported(place: Place, word: string): Diagnostic {
  return syntaxError(place, {
    code: "macro-unsupported",
    message: `definitions with ${quote(word)} are not supported`,
    help: "write the definition's text where it is used",
  });
}

export function unknownPipe(place: Place, name: string, near: string | undefined): Diagnostic {
  return syntaxError(place, {
    code: "unknown-pipe",
    message: `no pipe is called ${quote(name)}`,
    help:
      near === undefined
        ? "pipes are `head`, `tail`, `sort`, `unique`, `unique_count`, `count`, `filter`"
        : `a pipe with a similar name exists: ${quote(near)}`,
  });
}

// Expressions.

export function singleEquals(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "single-equals",
    message: "`=` does not compare",
    help: "write `==`, or `:` to compare without regard to case",
  });
}

export function chainedComparison(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "chained-comparison",
    message: "comparisons can't be chained",
    label: "second comparison",
    help: "write `a < b and b < c`, or put one of them in parentheses",
  });
}

export function negatedMatch(place: Place, operator: string): Diagnostic {
  return syntaxError(place, {
    code: "negated-match",
    message: `\`not ${operator}\` is not an operator`,
    help: `put the \`not\` in front: \`not (field ${operator} pattern)\``,
  });
}

export function misplacedNot(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "misplaced-not",
    message: "`not` is not allowed inside a comparison or a calculation",
    help: "put it and what it negates in parentheses: `(not ...)`",
  });
}

export function expectedList(place: Place, operator: string): Diagnostic {
  return syntaxError(place, {
    code: "expected-list",
    message: `\`${operator}\` takes a list in parentheses`,
    help: `write \`${operator} (...)\`, or \`==\` for a single value`,
  });
}

export function emptyList(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "empty-list",
    message: "a list needs at least one value",
  });
}

export function trailingComma(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "trailing-comma",
    message: "no comma is allowed behind the last value of a list",
    help: "remove the comma",
  });
}

export function arrayIndex(place: Place): Diagnostic {
  return syntaxError(place, {
    code: "array-index",
    message: "a single value of a field can't be picked by an index",
    help: "a comparison holds when any of the field's values satisfies it",
  });
}

export function numericSegment(place: Place, digits: string): Diagnostic {
  return syntaxError(place, {
    code: "numeric-segment",
    message: "a part of a field's name begins with a digit",
    help: `write it in backticks: \`\` .\`${digits}\` \`\``,
  });
}

export function unknownRelation(place: Place, name: string, near: string | undefined): Diagnostic {
  return syntaxError(place, {
    code: "unknown-relation",
    message: `no relation is called ${quote(name)}`,
    help:
      near === undefined
        ? "relations are `child of`, `descendant of` and `event of`"
        : `a relation with a similar name exists: \`${near} of\``,
  });
}

function quote(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** An error diagnostic at a place. */
export function syntaxError(
  place: Place,
  about: Pick<Diagnostic, "code" | "message" | "label" | "help">,
): Diagnostic {
  return { severity: "error", ...about, source: place.source, span: place.span };
}
