import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseTxtar } from "./txtar.ts";

test("the comment and the sections are told apart", () => {
  const archive = parseTxtar("Why.\nMore.\n-- a.eql --\nany where true\n-- b --\n1\n2\n");
  assert.deepEqual(archive, {
    comment: "Why.\nMore.\n",
    sections: [
      { name: "a.eql", text: "any where true\n" },
      { name: "b", text: "1\n2\n" },
    ],
  });
});

test("a text without marks is all comment", () => {
  assert.deepEqual(parseTxtar("only prose\n"), { comment: "only prose\n", sections: [] });
  assert.deepEqual(parseTxtar(""), { comment: "", sections: [] });
});

test("a section may be empty, also at the end without a line end", () => {
  assert.deepEqual(parseTxtar("-- a --\n-- b --"), {
    comment: "",
    sections: [
      { name: "a", text: "" },
      { name: "b", text: "" },
    ],
  });
});

test("a name may hold blanks, which are not taken from its ends", () => {
  assert.deepEqual(parseTxtar("--   two words   --  \nx").sections, [
    { name: "two words", text: "x" },
  ]);
});

test("only a whole line is a mark", () => {
  const text = 'x -- a --\n-- b -- c\n--d--\n-- --\n - -- e --\n{"f":"-- g --"}\n';
  assert.deepEqual(parseTxtar(text), { comment: text, sections: [] });
});

test("Windows line ends stay in the text and end a mark", () => {
  assert.deepEqual(parseTxtar("why\r\n-- a --\r\nx\r\n"), {
    comment: "why\r\n",
    sections: [{ name: "a", text: "x\r\n" }],
  });
});

test("sections of one name are all kept", () => {
  const names = parseTxtar("-- a --\n1\n-- a --\n2\n").sections.map((section) => section.text);
  assert.deepEqual(names, ["1\n", "2\n"]);
});

test("what is written as an archive reads back", () => {
  const line = fc.string({ maxLength: 12 }).filter((text) => !/[\r\n\u2028\u2029]|^--/.test(text));
  const body = fc.array(line, { maxLength: 4 }).map((lines) => lines.map((l) => `${l}\n`).join(""));
  const name = fc.stringMatching(/^[a-z]{1,6}(\.eql)?$/);
  const section = fc.record({ name, text: body }, { noNullPrototype: true });
  fc.assert(
    fc.property(body, fc.array(section, { maxLength: 4 }), (comment, sections) => {
      const text = comment + sections.map((s) => `-- ${s.name} --\n${s.text}`).join("");
      assert.deepEqual(parseTxtar(text), { comment, sections });
    }),
    { numRuns: 200 },
  );
});
