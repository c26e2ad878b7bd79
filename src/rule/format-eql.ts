/** The bare format: the whole file is the query, leading comments included. */
import type { TextDatum } from "./datum.ts";
import { emptyKey } from "./errors.ts";
import { emptyParts, fileParts, type RuleFile, versionOfContent } from "./metadata.ts";
import type { Rule } from "./rule.ts";

/** The id is the path, since the text has no place for one. */
export function readEqlFile(file: RuleFile): Rule[] {
  const { text } = file.source;
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const span = { start, end: text.length };
  const value = text.slice(start);
  if (value.trim() === "") {
    file.diagnostics.push(emptyKey(file.source, span, "query"));
    return [];
  }
  const query: TextDatum = { kind: "text", value, span, place: () => ({ span, offsets: null }) };
  return [
    {
      ...emptyParts,
      ...fileParts(file, "eql", query),
      id: file.path,
      name: file.path.replace(/\.eql$/i, ""),
      version: versionOfContent(file.contentHash),
    },
  ];
}
