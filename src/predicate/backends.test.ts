import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "../base/limits.ts";
import { Prng } from "../base/prng.ts";
import { wasmRuntime } from "../base/web-assembly.ts";
import { Batch } from "../event/batch.ts";
import { EventDecoder } from "../event/decode.ts";
import { createLayout } from "../event/layout.ts";
import { StringTable } from "../event/string-table.ts";
import type { LineageId, Program } from "../ir/predicate.ts";
import { printNode } from "../ir/print.ts";
import type { Backend, Evaluator, EvaluatorOptions } from "./contract.ts";
import { interpretBackend, plainBackend } from "./interpret/interpret.ts";
import { RandomProgram, randomEvent, randomRows, randomSchema } from "./random-program.fixture.ts";
import { moduleBytes, wasmBackend } from "./wasm/wasm.ts";

const backends: Readonly<Record<string, Backend>> = {
  plain: plainBackend,
  interpret: interpretBackend,
  wasm: wasmBackend,
};

function optionsOf(program: Program): EvaluatorOptions {
  const layout = createLayout(randomSchema, program.fields, defaultLimits);
  return { program, schema: randomSchema, limits: defaultLimits, layout };
}

/** One back end with a batch of its own. */
class Subject {
  readonly evaluator: Evaluator;
  readonly #batch: Batch;
  readonly #decoder: EventDecoder;
  readonly #program: Program;

  constructor(backend: Backend, program: Program) {
    const options = optionsOf(program);
    const { schema, limits, layout } = options;
    this.evaluator = backend.create(options);
    const { memory, base } = this.evaluator.batchMemory;
    const strings = new StringTable(limits.stringTableBytes);
    this.#batch = new Batch(layout, strings, { json: () => "" }, memory, base);
    this.#decoder = new EventDecoder({ schema, layout, limits });
    this.#program = program;
  }

  /** Which rows each root holds for. */
  run(lines: readonly string[], seed: number): ReadonlyMap<number, readonly number[]> {
    this.#decoder.reset(this.#batch);
    for (const line of lines) {
      const record = this.#decoder.parse(line);
      assert.ok(record.kind !== "rejected", line);
      assert.ok(this.#decoder.append(this.#batch, record, 0n));
    }
    const random = new Prng(seed);
    this.evaluator.begin(this.#batch);
    for (const id of this.#program.lineage.keys()) {
      for (const relation of ["child", "descendant", "event"] as const) {
        this.evaluator.setLineage(id as LineageId, relation, randomRows(random, lines.length));
      }
    }
    const held = new Map<number, readonly number[]>();
    this.evaluator.sweep((root, rows) => {
      held.set(
        root,
        [...lines.keys()].filter((row) => ((rows[row >>> 5]! >>> (row & 31)) & 1) === 1),
      );
    });
    return held;
  }
}

test("all back ends give the oracle's answers for random predicates", () => {
  const rounds = Number(process.env["PROGRAMS"] ?? 60);
  let [held, empty] = [0, 0];
  for (let seed = 1; seed <= rounds; seed += 1) {
    const random = new Prng(seed);
    const program = new RandomProgram(random).build(40);
    const subjects = Object.entries(backends).map(
      ([name, backend]) => [name, new Subject(backend, program)] as const,
    );
    for (let batch = 0; batch < 3; batch += 1) {
      const lines = Array.from({ length: 1 + random.int(70) }, () => randomEvent(random));
      const [oracle, ...others] = subjects.map(
        ([name, subject]) => [name, subject.run(lines, seed + batch)] as const,
      );
      for (const [name, answers] of others) {
        for (const root of program.roots) {
          const wanted = oracle![1].get(root) ?? [];
          if (wanted.length > 0) held += 1;
          else empty += 1;
          const shown = `${name}, seed ${seed}: ${printNode(program, randomSchema, root)}`;
          assert.deepEqual(answers.get(root) ?? [], wanted, shown);
        }
      }
    }
  }
  assert.ok(held > 1000 && empty > 200, `${held} held, ${empty} did not`);
});

test("a module that is made passes validation", () => {
  // Instances are made of valid modules only; validation says that the bytes are one by themselves.
  for (let seed = 1; seed <= 20; seed += 1) {
    const program = new RandomProgram(new Prng(seed)).build(30);
    assert.ok(wasmRuntime.validate(moduleBytes(optionsOf(program))), `seed ${seed}`);
  }
  assert.equal(wasmRuntime.validate(new Uint8Array([0, 0x61, 0x73, 0x6d])), false);
});
