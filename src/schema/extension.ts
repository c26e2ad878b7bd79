/**
 * Fields that a user adds, as YAML:
 *
 * ```
 * fields:
 *   - path: acme.badge.id
 *     type: keyword            # keyword, long, double, boolean, date, ip, version, object-list
 *     multiple: true           # optional; false
 *     categories: [process]    # optional; any
 *     description: Badge       # optional
 *     null_value: none         # optional; what an explicit null stands for
 *     formats: [dd-MM-yyyy]    # optional; for dates
 * ```
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { compileDatePattern } from "../base/time.ts";
import type { FieldDefinition, FieldType } from "./type.ts";

/** Something wrong with an extension; `line` is 1-based. */
export interface ExtensionProblem {
  readonly message: string;
  readonly line: number;
}

export interface SchemaExtension {
  /** The fields that are right, also where others are wrong. */
  readonly definitions: readonly FieldDefinition[];
  /** In the order of their lines. */
  readonly problems: readonly ExtensionProblem[];
}

/** Reads an extension. Nothing is thrown: what is wrong is in `problems`. */
export function parseSchemaExtension(yamlText: string): SchemaExtension {
  const lines = new LineCounter();
  const document = parseDocument(yamlText, { lineCounter: lines, logLevel: "silent" });
  const reader = new ExtensionReader(lines);
  for (const error of document.errors) {
    reader.report(error.message.split("\n")[0]!, lines.linePos(error.pos[0]).line);
  }
  if (document.errors.length === 0) reader.readDocument(document.contents);
  return {
    definitions: reader.definitions,
    problems: reader.problems.sort((a, b) => a.line - b.line),
  };
}

const fieldTypes: readonly FieldType[] = [
  "keyword",
  "long",
  "double",
  "boolean",
  "date",
  "ip",
  "version",
  "object-list",
];
const fieldKeys = [
  "path",
  "type",
  "multiple",
  "categories",
  "description",
  "null_value",
  "formats",
];

class ExtensionReader {
  readonly definitions: FieldDefinition[] = [];
  readonly problems: ExtensionProblem[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  report(message: string, line: number): void {
    this.problems.push({ message, line });
  }

  readDocument(contents: unknown): void {
    if (!isMap(contents)) {
      this.report("expected a mapping with the key `fields`", 1);
      return;
    }
    for (const key of unknownKeys(contents, ["fields"])) {
      this.#reportAt(contents, `unknown key \`${key}\``);
    }
    const fields = contents.get("fields", true);
    if (!isSeq(fields)) {
      this.#reportAt(contents, "`fields` must be a list");
      return;
    }
    for (const item of fields.items) {
      if (isMap(item)) this.#readField(item);
      else this.#reportAt(item, "a field must be a mapping with `path` and `type`");
    }
  }

  #readField(map: YAMLMap): void {
    const before = this.problems.length;
    for (const key of unknownKeys(map, fieldKeys)) this.#reportAt(map, `unknown key \`${key}\``);
    const path = this.#path(map);
    const type = this.#type(map);
    const multiple = this.#boolean(map, "multiple");
    const categories = this.#texts(map, "categories");
    const description = this.#text(map, "description") ?? "";
    const nullValue = this.#text(map, "null_value");
    const dateFormats = this.#formats(map, type);
    if (path === undefined || type === undefined || this.problems.length > before) return;
    this.definitions.push({
      path,
      type,
      multiple,
      categories,
      description,
      origin: "extension",
      ...(nullValue === undefined ? {} : { nullValue }),
      ...(dateFormats.length === 0 ? {} : { dateFormats }),
    });
  }

  #path(map: YAMLMap): string | undefined {
    const path = this.#text(map, "path");
    if (path === undefined) {
      if (!map.has("path")) this.#reportAt(map, "`path` is missing");
      return undefined;
    }
    if (path.split(".").some((segment) => segment === "")) {
      this.#reportAt(map.get("path", true), `bad path \`${path}\`: a segment is empty`);
      return undefined;
    }
    if (this.definitions.some((definition) => definition.path === path)) {
      this.#reportAt(map.get("path", true), `the field \`${path}\` is defined twice`);
      return undefined;
    }
    return path;
  }

  #type(map: YAMLMap): FieldType | undefined {
    const name = this.#text(map, "type");
    const type = fieldTypes.find((candidate) => candidate === name);
    if (type === undefined && !map.has("type")) this.#reportAt(map, "`type` is missing");
    else if (type === undefined && name !== undefined) {
      const message = `unknown type \`${name}\`; one of ${fieldTypes.join(", ")}`;
      this.#reportAt(map.get("type", true), message);
    }
    return type;
  }

  #formats(map: YAMLMap, type: FieldType | undefined): readonly string[] {
    const formats = this.#texts(map, "formats");
    if (formats.length > 0 && type !== undefined && type !== "date") {
      this.#reportAt(map.get("formats", true), "only a date has `formats`");
    }
    for (const format of formats) {
      if (compileDatePattern(format) === null) {
        this.#reportAt(map.get("formats", true), `bad date format \`${format}\``);
      }
    }
    return formats;
  }

  #text(map: YAMLMap, key: string): string | undefined {
    if (!map.has(key)) return undefined;
    const node = map.get(key, true);
    if (isScalar(node) && typeof node.value === "string") return node.value;
    this.#reportAt(node ?? map, `\`${key}\` must be a text`);
    return undefined;
  }

  #boolean(map: YAMLMap, key: string): boolean {
    const node = map.get(key, true);
    if (node === undefined) return false;
    if (isScalar(node) && typeof node.value === "boolean") return node.value;
    this.#reportAt(node, `\`${key}\` must be true or false`);
    return false;
  }

  #texts(map: YAMLMap, key: string): readonly string[] {
    const node: unknown = map.get(key, true);
    if (node === undefined) return [];
    const items = isSeq(node) ? node.items : [];
    const texts = items.flatMap((item) =>
      isScalar(item) && typeof item.value === "string" ? [item.value] : [],
    );
    if (!isSeq(node) || texts.length < items.length) {
      this.#reportAt(node, `\`${key}\` must be a list of texts`);
    }
    return texts;
  }

  #reportAt(node: unknown, message: string): void {
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    this.report(message, this.#lines.linePos(offset).line);
  }
}

function unknownKeys(map: YAMLMap, known: readonly string[]): string[] {
  return map.items
    .map((pair) => (isScalar(pair.key) ? String(pair.key.value) : "?"))
    .filter((key) => !known.includes(key));
}
