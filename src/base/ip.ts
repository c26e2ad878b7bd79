/**
 * IP addresses as text. The canonical text is dotted decimal for IPv4 and RFC 5952 for IPv6; an IPv6
 * address that maps an IPv4 one (::ffff:0:0/96) is that IPv4 address. Inside, every address is 16
 * bytes, IPv4 in its mapped form.
 */

/** A network: an address and how many of its leading bits count. */
export interface Cidr {
  /** 16 bytes, host bits included as written. */
  readonly bytes: Uint8Array;
  /** Leading bits that count, `0 <= bits <= 128`; for IPv4 96 more than written. */
  readonly bits: number;
}

/** The 16 bytes of an address (IPv4 as ::ffff:a.b.c.d), or null if `text` is none. */
export function parseIp(text: string): Uint8Array | null {
  if (text.length < 2 || text.length > 45) return null;
  const bytes = new Uint8Array(16);
  if (!text.includes(":")) {
    bytes[10] = 0xff;
    bytes[11] = 0xff;
    return parseV4(text, bytes, 12) ? bytes : null;
  }
  return parseV6(text, bytes) ? bytes : null;
}

/** The canonical text of an address, or null if `text` is none. */
export function canonicalIp(text: string): string | null {
  const bytes = parseIp(text);
  return bytes === null ? null : formatIp(bytes);
}

/** Whether the bytes `[start, end)` of `view` are the canonical text of an IPv4 address. */
export function isDottedAddress(view: DataView, start: number, end: number): boolean {
  let at = start;
  for (let part = 0; part < 4; part += 1) {
    const partStart = at;
    let value = 0;
    for (; at < end && at < partStart + 3; at += 1) {
      const digit = view.getUint8(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === partStart || value > 255) return false;
    if (at > partStart + 1 && view.getUint8(partStart) === 0x30) return false;
    if (part === 3) return at === end;
    if (at >= end || view.getUint8(at) !== 0x2e) return false;
    at += 1;
  }
  return false;
}

/** The canonical text of 16 bytes. */
export function formatIp(bytes: Uint8Array): string {
  if (isV4(bytes)) return `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`;
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!);
  const zeros = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return hex.join(":");
  const head = hex.slice(0, zeros.start).join(":");
  return `${head}::${hex.slice(zeros.start + zeros.length).join(":")}`;
}

/** Whether 16 bytes are an IPv4 address. */
export function isV4(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i += 1) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** Negative, zero or positive by the addresses' 16 bytes, so that IPv4 sorts as ::ffff:a.b.c.d. */
export function compareIpBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 16; i += 1) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Like `compareIpBytes`, for two canonical texts. Texts that are no addresses sort first. */
export function compareIps(a: string, b: string): number {
  if (a === b) return 0;
  return compareIpBytes(parseIp(a) ?? new Uint8Array(16), parseIp(b) ?? new Uint8Array(16));
}

/** `10.6.48.157/8` (host bits are allowed), `2001:db8::/32`, or a bare address, which is all its bits. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const bytes = parseIp(address);
  if (bytes === null) return null;
  const dotted = !address.includes(":");
  const length = slash === -1 ? null : text.slice(slash + 1);
  if (length !== null && !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return null;
  const written = length === null ? (dotted ? 32 : 128) : Number(length);
  if (written > (dotted ? 32 : 128)) return null;
  return { bytes, bits: dotted ? written + 96 : written };
}

/**
 * Whether the network holds the address (16 bytes). As in Elasticsearch, an IPv4 address counts as its
 * mapped form, so that `::/0` holds every address.
 */
export function cidrContains(cidr: Cidr, address: Uint8Array): boolean {
  const whole = cidr.bits >>> 3;
  for (let i = 0; i < whole; i += 1) if (cidr.bytes[i] !== address[i]) return false;
  const rest = cidr.bits & 7;
  return rest === 0 || (cidr.bytes[whole]! ^ address[whole]!) >>> (8 - rest) === 0;
}

/** Reads `a.b.c.d` into four bytes from `offset`. Octets have no leading zeros. */
function parseV4(text: string, bytes: Uint8Array, offset: number): boolean {
  const parts = text.split(".");
  if (parts.length !== 4) return false;
  for (let i = 0; i < 4; i += 1) {
    const part = parts[i]!;
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part)) return false;
    const value = Number(part);
    if (value > 255) return false;
    bytes[offset + i] = value;
  }
  return true;
}

function parseV6(text: string, bytes: Uint8Array): boolean {
  const gap = text.indexOf("::");
  if (gap === -1) return parseGroups(text, bytes, true) === 16;
  const head = text.slice(0, gap);
  const tail = text.slice(gap + 2);
  const headSize = head === "" ? 0 : parseGroups(head, bytes, false);
  if (headSize === null) return false;
  const rest = new Uint8Array(16);
  const tailSize = tail === "" ? 0 : parseGroups(tail, rest, true);
  // "::" stands for one group of zeros at least.
  if (tailSize === null || headSize + tailSize > 14) return false;
  bytes.set(rest.subarray(0, tailSize), 16 - tailSize);
  return true;
}

/** Bytes written for `a:b:...`, whose last group may be dotted decimal; null if it is wrong. */
function parseGroups(text: string, bytes: Uint8Array, dottedEnd: boolean): number | null {
  const groups = text.split(":");
  let offset = 0;
  for (let i = 0; i < groups.length; i += 1) {
    const group = groups[i]!;
    if (dottedEnd && i === groups.length - 1 && group.includes(".")) {
      if (offset > 12 || !parseV4(group, bytes, offset)) return null;
      return offset + 4;
    }
    if (offset > 14 || !/^[0-9A-Fa-f]{1,4}$/.test(group)) return null;
    const value = Number.parseInt(group, 16);
    bytes[offset] = value >>> 8;
    bytes[offset + 1] = value & 0xff;
    offset += 2;
  }
  return offset;
}

/** The first of the longest runs of zero groups. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i += 1) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}
