import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSourceSpec, sourceSpecText } from "./source-spec.ts";

test("every form of a specification is understood and written as it came", () => {
  for (const text of ["auto", "ebpf", "procevents", "proc", "audit"]) {
    const spec = parseSourceSpec(text);
    assert.ok(typeof spec !== "string", text);
    assert.equal(sourceSpecText(spec), text);
  }
  for (const text of [
    "fanotify:/",
    "audit:/var/log/audit.log",
    "socket:/run/a:b",
    "jsonl:a.jsonl",
  ]) {
    const spec = parseSourceSpec(text);
    assert.ok(typeof spec !== "string" && "path" in spec, text);
    assert.equal(spec.path, text.slice(text.indexOf(":") + 1));
    assert.equal(sourceSpecText(spec), text);
  }
  assert.deepEqual(parseSourceSpec("-"), { kind: "jsonl", path: "-" });
});

test("a wrong specification is told", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["tcp:1", /^unknown source tcp:1: use one of auto, ebpf,/],
    ["", /^unknown source /],
    ["toString", /^unknown source /],
    ["jsonl", /use jsonl:PATH$/],
    ["socket:", /a path must follow the colon$/],
    ["ebpf:/x", /use ebpf alone$/],
  ];
  for (const [text, message] of wrong) assert.match(String(parseSourceSpec(text)), message, text);
});
