/** What of a schema decides how events are read, as one hash. */
import { sha256Hex } from "../base/hash.ts";
import type { Schema } from "../schema/schema.ts";

/**
 * SHA-256 over the paths, types, null values and date forms of all fields, in the order of the paths.
 * Fields that were inferred from rules are left out.
 */
export function schemaHash(schema: Schema): string {
  const lines = schema.fields
    .filter(({ origin }) => origin !== "inferred")
    .map(({ path, type, nullValue, dateFormats }) =>
      JSON.stringify([path, type, nullValue ?? null, dateFormats ?? null]),
    );
  return sha256Hex(lines.sort().join("\n"));
}
