import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { actor, at, exec, fileFacts, pick, Recorder } from "./activity.fixture.ts";

/** Texts with quotes, control characters, halves of surrogate pairs and all else. */
const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({
    unit: fc.constantFrom('"', "\\", "\n", "\0", "\u2028", "/", "{", "\ud800", "\udfff"),
  }),
);

it("any text gives valid JSON that reads back as it was", () => {
  const property = fc.property(
    fc.array(anyText, { minLength: 1, maxLength: 4 }),
    anyText,
    anyText,
    (args, path, title) => {
      const recorder = new Recorder();
      const who = actor(5, 5, { comm: title });
      const [ran, , file] = recorder.feed(
        exec(who, 6, args, { executable: path, workingDirectory: title, environment: [path] }),
        { kind: "title", timeNs: at(7), actor: who, title },
        {
          ...{ kind: "file", timeNs: at(8), actor: who, change: "rename", path, otherPath: title },
          ...{ file: fileFacts, header: null, call: null },
        },
      );
      assert.deepEqual(pick(ran, "process.args", "process.executable", "process.env_vars"), [
        args,
        path,
        [path],
      ]);
      assert.equal(pick(ran, "process.command_line")[0], args.join(" "));
      assert.deepEqual(
        pick(file, "file.path", "file.Ext.original.path", "process.title", "process.args"),
        [path, title, title, args],
      );
      for (const text of recorder.texts) assert.ok(!text.includes("\n"), "one line an event");
    },
  );
  fc.assert(property, { numRuns: 500 });
});

it("bytes that are no UTF-8 become replacement characters before they get here", () => {
  const text = Buffer.from([0x61, 0xff, 0x62]).toString("utf8");
  const [event] = new Recorder().feed(exec(actor(5, 5), 6, [text]));
  assert.deepEqual(pick(event, "process.args")[0], ["a\ufffdb"]);
});
