/** The predicate back ends that can be asked for. */
import type { Backend, BackendName } from "../predicate/contract.ts";
import { interpretBackend } from "../predicate/interpret/interpret.ts";
import { wasmBackend } from "../predicate/wasm/wasm.ts";

export const backends: Readonly<Record<BackendName, Backend>> = {
  wasm: wasmBackend,
  interpret: interpretBackend,
};

/** What is used where none is asked for. */
export const defaultBackend: BackendName = "wasm";

export const backendNames: readonly BackendName[] = ["wasm", "interpret"];

/** The back end of that name; throws a RangeError that lists the names there are. */
export function findBackend(name: string): Backend {
  const found = backendNames.find((known) => known === name);
  if (found === undefined) {
    throw new RangeError(`no back end "${name}"; there is: ${backendNames.join(", ")}`);
  }
  return backends[found];
}
