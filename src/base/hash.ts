/** SHA-256, for identities and digests. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** SHA-256 of the bytes, or of a text's UTF-8, as 64 lower-case hex digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return bytesToHex(sha256(toBytes(data)));
}

/** SHA-256 of pieces that come one after the other. */
export class Sha256 {
  readonly #state: ReturnType<typeof sha256.create> = sha256.create();

  /** Adds bytes, or a text's UTF-8. */
  update(data: string | Uint8Array): this {
    this.#state.update(toBytes(data));
    return this;
  }

  /** The digest of all pieces so far as 64 lower-case hex digits; more may be added afterwards. */
  hex(): string {
    return bytesToHex(this.#state.clone().digest());
  }
}

function toBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? utf8ToBytes(data) : data;
}
