/** Registers fields that foreign rules name and the schema does not have. */
import type { Diagnostic } from "../diagnostic/diagnostic.ts";
import { registeredField } from "../eql/check-errors.ts";
import type { FieldUseSite } from "../eql/field-uses.ts";
import { placeOf, type QueryScope } from "../eql/scope.ts";
import { type FieldUse, inferFromUse } from "../schema/infer.ts";
import type { Schema } from "../schema/schema.ts";
import type { FieldDefinition } from "../schema/type.ts";

export interface OpenFields {
  /** The schema with what was registered. */
  readonly schema: Schema;
  /** A warning for the first use of each registered field in one query. */
  warnings(sites: readonly FieldUseSite[], scope: QueryScope): Diagnostic[];
}

/** Gives every unknown field the type that all its uses together show. */
export function registerUnknown(schema: Schema, sites: readonly FieldUseSite[]): OpenFields {
  const uses = new Map<string, Set<FieldUse>>();
  for (const { path, kind } of sites) {
    if (schema.find(path) !== undefined) continue;
    const known = uses.get(path) ?? new Set();
    uses.set(path, kind === "any" ? known : known.add(kind));
  }
  const extended = schema.extend(Array.from(uses, ([path, kinds]) => definition(path, kinds)));
  return {
    schema: extended,
    warnings: (own, scope) => {
      const seen = new Set<string>();
      const warnings: Diagnostic[] = [];
      for (const { path, span } of own) {
        const field = extended.find(path);
        if (field?.origin !== "inferred" || seen.has(path)) continue;
        seen.add(path);
        warnings.push(registeredField(placeOf({ query: scope }, span), path, field.type));
      }
      return warnings;
    },
  };
}

function definition(path: string, uses: ReadonlySet<FieldUse>): FieldDefinition {
  return {
    path,
    type: inferFromUse(uses),
    multiple: false,
    categories: [],
    description: "",
    origin: "inferred",
  };
}
