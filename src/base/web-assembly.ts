/**
 * The part of the WebAssembly JavaScript interface that is used here (W3C, "WebAssembly JavaScript
 * Interface"); TypeScript has types for it only in its library for browsers.
 */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WasmRuntime {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
  }) => WasmMemory;
  readonly Module: { new (bytes: Uint8Array): object };
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  validate(bytes: Uint8Array): boolean;
}

/** The runtime's own; every Node and browser that Kestrel supports has it. */
export const wasmRuntime: WasmRuntime = (globalThis as unknown as { WebAssembly: WasmRuntime })
  .WebAssembly;
