import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  canonicalIp,
  cidrContains,
  compareIps,
  formatIp,
  isDottedAddress,
  isV4,
  parseCidr,
  parseIp,
} from "./ip.ts";

/** Text and its canonical form; the IPv6 ones follow RFC 5952, sections 2 and 4. */
const canonical: readonly (readonly [string, string])[] = [
  ["10.0.0.1", "10.0.0.1"],
  ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
  ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
  ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:DB8::ABCD", "2001:db8::abcd"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["0:0:0:0:0:0:0:0", "::"],
  ["::1", "::1"],
  ["fe80::", "fe80::"],
  ["::ffff:192.0.2.128", "192.0.2.128"],
  ["::ffff:c000:280", "192.0.2.128"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
];

test("every spelling of an address has one canonical text", () => {
  for (const [text, expected] of canonical) assert.equal(canonicalIp(text), expected, text);
});

test("what is no address is refused", () => {
  const refused = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "01.2.3.4",
    "1.2.3.4 ",
    "1.2.3.-4",
    "a.b.c.d",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "g::",
    ":1::2",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1.2.3.4::",
    "::1%eth0",
    "1:",
    "fe80::1/64",
  ];
  for (const text of refused) assert.equal(parseIp(text), null, JSON.stringify(text));
});

test("the canonical text of any bytes reads back as those bytes", () => {
  const group = fc.constantFrom(0, 0, 0, 1, 0xff, 0xffff, 0xabcd);
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const bytes = Uint8Array.from(groups.flatMap((value) => [value >>> 8, value & 0xff]));
      const text = formatIp(bytes);
      assert.deepEqual(parseIp(text), bytes);
      assert.equal(canonicalIp(text), text);
      const long = groups.map((value) => value.toString(16).padStart(4, "0")).join(":");
      assert.equal(canonicalIp(long.toUpperCase()), text);
    }),
    { numRuns: 500 },
  );
});

test("addresses sort by their 16 bytes, numerically", () => {
  const ascending = ["::", "::1", "9.0.0.1", "10.0.0.1", "10.0.0.200", "64:ff9b::1", "fe80::1"];
  for (let i = 0; i < ascending.length; i += 1) {
    for (let j = 0; j < ascending.length; j += 1) {
      assert.equal(Math.sign(compareIps(ascending[i]!, ascending[j]!)), Math.sign(i - j));
    }
  }
});

test("a network may be written with host bits, a bare address is a network of one", () => {
  const holds = (cidr: string, ip: string): boolean => cidrContains(parseCidr(cidr)!, parseIp(ip)!);
  assert.ok(holds("10.6.48.157/8", "10.200.0.1"));
  assert.ok(!holds("10.6.48.157/8", "11.6.48.157"));
  assert.ok(holds("172.16.0.0/12", "172.31.255.255"));
  assert.ok(!holds("172.16.0.0/12", "172.32.0.0"));
  assert.ok(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.8"));
  assert.ok(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "2001:db8::1"));
  assert.ok(holds("fe80::/10", "febf::1") && !holds("fe80::/10", "fec0::1"));
  assert.ok(holds("::/0", "2001:db8::1") && holds("::/0", "10.0.0.1"));
  assert.ok(!holds("2000::/3", "10.0.0.1"));
  assert.ok(holds("::1", "::1") && !holds("::1", "::2"));
  assert.ok(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
});

test("wrong networks are refused", () => {
  for (const text of [
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/08",
    "10.0.0/8",
    "/8",
    "1.2.3.4/a",
  ]) {
    assert.equal(parseCidr(text), null, text);
  }
});

test("a network holds exactly the addresses that share its leading bits", () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 32 }), (network, flips, bits) => {
      const address = bits === 0 ? flips : (network ^ (flips >>> (flips % 33))) >>> 0;
      const dotted = (value: number): string =>
        [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
      const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
      const cidr = parseCidr(`${dotted(network)}/${bits}`)!;
      const bytes = parseIp(dotted(address))!;
      assert.ok(isV4(bytes));
      assert.equal(cidrContains(cidr, bytes), ((network ^ address) & mask) === 0);
    }),
    { numRuns: 500 },
  );
});

test("bytes are a dotted address where their text is its own canonical form", () => {
  const part = fc.oneof(
    fc.integer({ min: 0, max: 300 }).map(String),
    fc.constantFrom("", "00", "01", "0255", "-1", "a", " 1"),
  );
  const texts = fc.oneof(
    fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join(".")),
    fc.tuple(fc.ipV4(), fc.constantFrom("", ".", " ", "1")).map((ends) => ends.join("")),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = new TextEncoder().encode(`1${text}1`);
      const view = new DataView(bytes.buffer);
      const isCanonical = !text.includes(":") && canonicalIp(text) === text;
      assert.equal(isDottedAddress(view, 1, 1 + text.length), isCanonical, text);
    }),
  );
});
