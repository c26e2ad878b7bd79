/**
 * SHA-256, for identities and digests. Where Node's own is there, it is taken, which is several times
 * faster; else that of a library. Both give the same digests.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** What is used of Node's `crypto.createHash("sha256")`. */
interface NativeState {
  update(data: string | Uint8Array): NativeState;
  copy(): NativeState;
  digest(encoding: "hex"): string;
}

/** Node's global, seen as something that may not be there: a browser has none. */
interface NodeGlobal {
  readonly process?: {
    getBuiltinModule?(name: string): { createHash(name: string): NativeState } | undefined;
  };
}

const native = (globalThis as NodeGlobal).process?.getBuiltinModule?.("node:crypto");

/** SHA-256 of the bytes, or of a text's UTF-8, as 64 lower-case hex digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return native === undefined
    ? portableSha256Hex(data)
    : native.createHash("sha256").update(data).digest("hex");
}

/** `sha256Hex` without anything of Node's. */
export function portableSha256Hex(data: string | Uint8Array): string {
  return bytesToHex(sha256(toBytes(data)));
}

/** SHA-256 of pieces that come one after the other. */
export class Sha256 {
  readonly #state: NativeState = native?.createHash("sha256") ?? new PortableState();

  /** Adds bytes, or a text's UTF-8. */
  update(data: string | Uint8Array): this {
    this.#state.update(data);
    return this;
  }

  /** The digest of all pieces so far as 64 lower-case hex digits; more may be added afterwards. */
  hex(): string {
    return this.#state.copy().digest("hex");
  }
}

/** The library's state in the form of Node's. */
export class PortableState implements NativeState {
  readonly #state: ReturnType<typeof sha256.create>;

  constructor(state: ReturnType<typeof sha256.create> = sha256.create()) {
    this.#state = state;
  }

  update(data: string | Uint8Array): this {
    this.#state.update(toBytes(data));
    return this;
  }

  copy(): PortableState {
    return new PortableState(this.#state.clone());
  }

  digest(_encoding: "hex"): string {
    return bytesToHex(this.#state.digest());
  }
}

function toBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? utf8ToBytes(data) : data;
}
