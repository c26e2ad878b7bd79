/** Names to ids: an immutable table of fields. */
import type { Field, FieldDefinition, FieldId } from "./type.ts";

/** The fields that rules may name. Immutable: `extend` returns a new one in which old ids stay. */
export class Schema {
  readonly fields: readonly Field[];
  /** Version of the built-in field table; part of every alert. */
  readonly version: string;
  readonly #byPath: ReadonlyMap<string, Field>;

  constructor(version: string, fields: readonly Field[]) {
    this.version = version;
    this.fields = fields;
    this.#byPath = new Map(fields.map((field) => [field.path, field]));
  }

  /** The field of that dotted path, or undefined. */
  find(path: string): Field | undefined {
    return this.#byPath.get(path);
  }

  /** The field of that id; `0 <= id < fields.length`. */
  field(id: FieldId): Field {
    const field = this.fields[id];
    if (field === undefined) throw new RangeError(`no field ${id} among ${this.fields.length}`);
    return field;
  }

  /** This schema with more fields; a path that exists already is replaced, under its old id. */
  extend(definitions: readonly FieldDefinition[]): Schema {
    const fields = [...this.fields];
    const byPath = new Map(this.#byPath);
    for (const definition of definitions) {
      const id = byPath.get(definition.path)?.id ?? (fields.length as FieldId);
      const field: Field = { ...definition, id };
      fields[id] = field;
      byPath.set(field.path, field);
    }
    return new Schema(this.version, fields);
  }
}
