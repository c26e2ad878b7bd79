/**
 * The values that predicates compute with, and their order and equality.
 *
 * | type            | value                                                                  |
 * |-----------------|------------------------------------------------------------------------|
 * | keyword, version| string                                                                 |
 * | ip              | string, canonical (see ip.ts)                                          |
 * | boolean         | boolean                                                                |
 * | long            | number where it is a safe integer, else bigint; always within 64 bits  |
 * | double          | number                                                                 |
 * | date            | bigint, nanoseconds since the epoch                                    |
 *
 * null is "no value" in every type.
 */
export type Scalar = string | number | bigint | boolean;
export type Value = Scalar | null;

/** The static type of a value node. */
export type ValueType =
  | "keyword"
  | "long"
  | "double"
  | "boolean"
  | "date"
  | "ip"
  | "version"
  | "null";
