import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "dns-packet";
import fc from "fast-check";
import { actor, at, exec, pick, Recorder } from "./activity.fixture.ts";
import { parseDnsMessage } from "./dns-message.ts";

const response = encode({
  type: "response",
  flags: 0x0100,
  questions: [{ type: "A", name: "WWW.Example.com" }],
  answers: [
    { type: "CNAME", name: "www.example.com", data: "edge.example.net", ttl: 30 },
    { type: "A", name: "edge.example.net", data: "192.0.2.1", ttl: 60 },
    { type: "AAAA", name: "edge.example.net", data: "2001:DB8::1", ttl: 60 },
    { type: "TXT", name: "edge.example.net", data: ["a", "b"], ttl: 1 },
    { type: "MX", name: "edge.example.net", data: { preference: 1, exchange: "mx.example.net" } },
  ],
  additionals: [{ type: "A", name: "other.example.net", data: "192.0.2.99" }],
});

describe("a DNS message", () => {
  it("gives question, answers and addresses", () => {
    const message = parseDnsMessage(response);
    assert.equal(message?.questionName, "www.example.com");
    assert.equal(message?.responseCode, "NOERROR");
    assert.deepEqual(message?.addresses, ["192.0.2.1", "2001:db8::1"]);
    assert.deepEqual(
      message?.answers.map(({ type, data }) => [type, data]),
      [
        ["CNAME", "edge.example.net"],
        ["A", "192.0.2.1"],
        ["AAAA", "2001:db8::1"],
        ["TXT", "ab"],
        ["MX", "mx.example.net"],
      ],
    );
  });

  it("gives what is there when it is cut off", () => {
    const withoutEnd = parseDnsMessage(response.subarray(0, response.length - 2));
    assert.equal(withoutEnd?.answers.length, 5);
    const questionOnly = parseDnsMessage(response.subarray(0, 40));
    assert.deepEqual([questionOnly?.questionName, questionOnly?.answers], ["www.example.com", []]);
    assert.equal(parseDnsMessage(response.subarray(0, 11)), null);
  });

  it("tells names that do not exist", () => {
    const message = encode({
      type: "response",
      questions: [{ type: "AAAA", name: "no.example.com" }],
    });
    message[3] = 3;
    const parsed = parseDnsMessage(message);
    assert.deepEqual([parsed?.responseCode, parsed?.questionType], ["NXDOMAIN", "AAAA"]);
  });

  it("may hold anything at all", () => {
    let parsed = 0;
    const damaged = fc.tuple(
      fc.array(fc.tuple(fc.nat(response.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(response.length),
    );
    const property = fc.property(damaged, ([changes, length]) => {
      const bytes = Uint8Array.from(response);
      for (const [index, value] of changes) bytes[index] = value;
      if (parseDnsMessage(bytes.subarray(0, length)) !== null) parsed += 1;
    });
    fc.assert(property, { numRuns: 5000 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
        parseDnsMessage(bytes);
      }),
      { numRuns: 5000 },
    );
    assert.ok(parsed > 500, `too few could be read: ${parsed}`);
  });
});

it("an address is named after what was asked for", () => {
  const recorder = new Recorder();
  const who = actor(5, 5);
  const base = { timeNs: at(10), actor: who };
  const [, answer, connection] = recorder.feed(
    exec(who, 6, ["/usr/bin/curl"]),
    {
      ...base,
      kind: "dns",
      change: "response",
      message: response,
      serverAddress: "10.0.0.53",
      serverPort: 53,
    },
    {
      ...{ ...base, kind: "network", change: "connect", family: "ipv4", transport: "tcp" },
      ...{ localAddress: null, localPort: null, remoteAddress: "192.0.2.1", remotePort: 443 },
      ...{ unixPath: null, result: -111, bytesSent: null, bytesReceived: null },
    },
  );
  assert.deepEqual(
    pick(answer, "event.category", "dns.question.name", "dns.resolved_ip", "destination.port"),
    [["dns", "network"], "www.example.com", ["192.0.2.1", "2001:db8::1"], 53],
  );
  assert.deepEqual(pick(connection, "destination.domain", "event.outcome"), [
    "www.example.com",
    "failure",
  ]);
});
