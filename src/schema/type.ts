/** The types a field can have, and what a field is. */

/**
 * - `keyword`: text. `ip`: canonical address text (v4-mapped v6 becomes v4). `version`: text with
 *   semantic order. `boolean`. `long`: a 64-bit signed integer. `double`: IEEE 754 binary64.
 *   `date`: nanoseconds since the Unix epoch, 64-bit signed.
 * - `object-list`: a list of records; its members are fields of their own, whose path starts with
 *   the list's path and a dot, and whose values live in child rows.
 */
export type FieldType =
  | "keyword"
  | "long"
  | "double"
  | "boolean"
  | "date"
  | "ip"
  | "version"
  | "object-list";

/** Index of a field in its schema: `0 <= id < schema.fields.length`. */
export type FieldId = number & { readonly __brand: "FieldId" };

/** One field of the event schema. */
export interface Field {
  readonly id: FieldId;
  /** Dotted path, for example `process.parent.name`. */
  readonly path: string;
  readonly type: FieldType;
  /** Whether the built-in table says that a list is usual here. Any field may hold several values. */
  readonly multiple: boolean;
  /** Event categories on which the field can occur; empty means on any. */
  readonly categories: readonly string[];
  /** What the field holds, for documentation and editors. */
  readonly description: string;
  /** Where the definition came from. */
  readonly origin: "built-in" | "extension" | "inferred";
  /** Text that an explicit JSON null stands for (an Elasticsearch mapping's `null_value`). */
  readonly nullValue?: string;
  /** Accepted forms of a date's text beside ISO 8601, as in an Elasticsearch mapping: `dd-MM-yyyy`. */
  readonly dateFormats?: readonly string[];
}

/** What is needed to add a field; the schema gives the id. */
export type FieldDefinition = Omit<Field, "id">;
