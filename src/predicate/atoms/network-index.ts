/** Finds the networks that hold an address: by prefix length, then by the address cut to it. */
import { type Cidr, parseCidr, parseIp } from "../../base/ip.ts";

export interface TestedNetwork {
  readonly network: Cidr;
  readonly test: number;
}

export class NetworkIndex {
  /** All that were added. */
  readonly networks: TestedNetwork[] = [];
  /** By prefix length: cut address to the tests that name that network. */
  readonly #byLength: Map<number, Map<string, number[]>> = new Map();

  /** Whether no network was added. */
  get isEmpty(): boolean {
    return this.#byLength.size === 0;
  }

  /** Adds a literal of test `test`; one that is no network holds nothing. */
  add(literal: string, test: number): void {
    const network: Cidr | null = parseCidr(literal);
    if (network === null) return;
    this.networks.push({ network, test });
    const networks = this.#byLength.get(network.bits) ?? new Map<string, number[]>();
    this.#byLength.set(network.bits, networks);
    const key = cutAddress(network.bytes, network.bits);
    networks.set(key, [...(networks.get(key) ?? []), test]);
  }

  /** Visits the tests with a network that holds the address; nothing where the text is none. */
  find(text: string, visit: (test: number) => void): void {
    const address = parseIp(text);
    if (address === null) return;
    for (const [bits, networks] of this.#byLength) {
      for (const test of networks.get(cutAddress(address, bits)) ?? []) visit(test);
    }
  }
}

/** The first `bits` bits of an address, as text that is equal for equal ones. */
function cutAddress(bytes: Uint8Array, bits: number): string {
  const whole = bits >>> 3;
  let key = "";
  for (let i = 0; i < whole; i += 1) key += String.fromCharCode(bytes[i]!);
  const rest = bits & 7;
  return rest === 0 ? key : key + String.fromCharCode(bytes[whole]! >>> (8 - rest));
}
