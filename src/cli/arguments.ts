/** What was given on the command line, after parsing. */

/** Operands and flag values of one command, by the names of the flag table. */
export class Arguments {
  /** Operands in order; those of an operand that takes the rest are a list of their own. */
  readonly operands: readonly (string | readonly string[] | undefined)[];
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(
    operands: readonly (string | readonly string[] | undefined)[],
    values: ReadonlyMap<string, unknown>,
  ) {
    this.operands = operands;
    this.#values = values;
  }

  /** The same, with values for flags that were not given. */
  withPresets(presets: ReadonlyMap<string, unknown>): Arguments {
    const values = new Map(this.#values);
    for (const [flag, value] of presets) {
      const given = values.get(flag);
      if (given === undefined || given === false) values.set(flag, value);
    }
    return new Arguments(this.operands, values);
  }

  /** The value of a flag that takes one text. */
  text(flag: string): string | undefined {
    const value = this.#values.get(flag);
    return typeof value === "string" ? value : undefined;
  }

  /** Whether a switch was given. */
  isOn(flag: string): boolean {
    return this.#values.get(flag) === true;
  }

  /** The values of a flag that repeats; empty when it was not given. */
  texts(flag: string): readonly string[] {
    const value = this.#values.get(flag);
    return Array.isArray(value) ? value.map(String) : [];
  }

  number(flag: string): number | undefined {
    const value = this.#values.get(flag);
    return typeof value === "number" ? value : undefined;
  }

  /** One of `choices`, which the parser has made sure of. */
  choice<T extends string>(flag: string, choices: readonly T[]): T | undefined {
    const value = this.text(flag);
    return choices.find((choice) => choice === value);
  }

  /** The list of the operand at `index` that takes the rest. */
  rest(index: number): readonly string[] {
    const value = this.operands[index];
    if (value === undefined) return [];
    return typeof value === "string" ? [value] : value;
  }
}
