/**
 * The WebAssembly module of kernels/: a string table, and scanners that read lines into it. Whatever
 * both sides read lies in the module's memory.
 */
import { type WasmMemory, wasmRuntime } from "../base/web-assembly.ts";
import { kernelBase64 } from "./kernel-table.ts";

/** What the module calls. */
export interface KernelHost {
  /** Memory grew or something moved: views and places are to be taken anew. */
  moved(): void;
  /** The id of the canonical form of the address that text `id` is; 0 where it is none. */
  address(id: number): number;
  /** ns since the epoch of the text of `length` bytes at `start`, or `noTime`. */
  date(start: number, length: number): bigint;
}

/** Says that a text is no time. */
export const noTime: bigint = -0x8000000000000000n;

/** What the module offers; kernels/texts.h, kernels/match.h and kernels/scan.c describe each. */
export interface KernelCalls {
  readonly memory: WasmMemory;
  create(): number;
  reserve(bytes: number): void;
  intern(length: number, isAscii: number): number;
  number(bytes: number): number;
  clear(): void;
  plan(bytes: number): number;
  matcher(plan: number, bytes: number): number;
  matching(): number;
  match(matcher: number, count: number): number;
  learn(matcher: number, record: number, profile: number): void;
  forget(matcher: number): void;
  drop(matcher: number): void;
  scanner(places: number, keys: number, nesting: number, listValues: number): number;
  shared(scanner: number): number;
  place(scanner: number, place: number, kind: number, column: number, flags: number): void;
  key(scanner: number, from: number, to: number, length: number): void;
  room(scanner: number, bytes: number, lines: number): void;
  scan(scanner: number, first: number, last: number): number;
}

let kernelModule: object | null = null;

/** A new instance with a memory of its own. Throws where the runtime has no SIMD in WebAssembly. */
export function createKernel(host: KernelHost): KernelCalls {
  kernelModule ??= compile(bytesOf(kernelBase64));
  const { moved, address, date } = host;
  const imports = { host: { moved, address, date } };
  return new wasmRuntime.Instance(kernelModule, imports).exports as unknown as KernelCalls;
}

function compile(bytes: Uint8Array): object {
  if (!wasmRuntime.validate(bytes)) {
    throw new Error("this runtime can't scan events: its WebAssembly has no 128-bit SIMD");
  }
  return new wasmRuntime.Module(bytes);
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function bytesOf(base64: string): Uint8Array {
  const values = new Uint8Array(128);
  for (let i = 0; i < digits.length; i += 1) values[digits.charCodeAt(i)] = i;
  const length = base64.replace(/=+$/, "").length;
  const bytes = new Uint8Array((length * 3) >> 2);
  let bits = 0;
  for (let i = 0, at = 0; i < length; i += 1) {
    bits = (bits << 6) | values[base64.charCodeAt(i)]!;
    if (i % 4 === 0) continue;
    bytes[at] = bits >> (6 - 2 * (i % 4));
    at += 1;
  }
  return bytes;
}
