import type { TextTest } from "../../ir/predicate.ts";
import { compileTest } from "../../ir/text-test.ts";

export interface AtomScanner {
  readonly count: number;
  scan(text: string, into: number[]): void;
}

export function compileAtoms(tests: readonly TextTest[]): AtomScanner {
  const compiled = tests.map(compileTest);
  return {
    count: tests.length,
    scan: (text, into) => {
      compiled.forEach((test, index) => {
        if (test(text) === true) into.push(index);
      });
    },
  };
}
