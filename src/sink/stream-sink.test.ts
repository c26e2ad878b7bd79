import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { sampleAlert, testSinkContract } from "./contract.suite.ts";
import { openStreamSink } from "./stream-sink.ts";

function brokenStream(): Writable {
  return new Writable({
    write(_chunk, _encoding, done): void {
      setImmediate(() => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })));
    },
  });
}

testSinkContract({
  name: "stream sink",
  open(format) {
    const chunks: Buffer[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done): void {
        chunks.push(chunk);
        setImmediate(done);
      },
    });
    return {
      sink: openStreamSink(stream, { format }),
      read: async () => Buffer.concat(chunks).toString("utf8"),
    };
  },
  openBroken: (format) => openStreamSink(brokenStream(), { format }),
});

test("a stream sink tells of a broken pipe once", async () => {
  const codes: unknown[] = [];
  const sink = openStreamSink(brokenStream(), {
    format: () => "x\n",
    onFailure: (error) => codes.push((error as NodeJS.ErrnoException).code),
  });
  sink.write(sampleAlert("a"));
  sink.write(sampleAlert("b"));
  await sink.close();
  assert.deepEqual(codes, ["EPIPE"]);
});

test("a stream sink leaves its stream open", async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  await openStreamSink(stream, { format: () => "x\n" }).close();
  assert.equal(stream.writable, true);
});
