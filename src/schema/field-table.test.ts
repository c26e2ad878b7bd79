import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInFields, builtInSchema, schemaVersion } from "./field-table.ts";

const fields = builtInFields();

test("the table has the 185 documented fields, and list members and call stacks beside them", () => {
  const documented = fields.filter(
    ({ path }) => !path.startsWith("dns.answers.") && !/\.thread\.Ext\./.test(path),
  );
  assert.equal(documented.length, 185);
  assert.equal(new Set(fields.map((field) => field.path)).size, fields.length);
});

test("every field has a type, a description and a path without empty segments", () => {
  for (const field of fields) {
    assert.notEqual(field.type, undefined, field.path);
    assert.match(field.description, /^[A-Za-z].*[^.]$/, field.path);
    assert.ok(
      field.path.split(".").every((segment) => segment !== ""),
      field.path,
    );
    assert.equal(field.origin, "built-in");
  }
});

test("types follow the schema's notation", () => {
  const schema = builtInSchema();
  const form = (path: string): string => {
    const field = schema.find(path)!;
    return `${field.type}${field.multiple ? "[]" : ""}`;
  };
  assert.equal(form("@timestamp"), "date");
  assert.equal(form("process.args"), "keyword[]");
  assert.equal(form("process.pid"), "long");
  assert.equal(form("event.sequence"), "long");
  assert.equal(form("file.Ext.entropy"), "double");
  assert.equal(form("process.interactive"), "boolean");
  assert.equal(form("host.ip"), "ip[]");
  assert.equal(form("dns.answers"), "object-list[]");
  assert.equal(form("dns.answers.ttl"), "long");
  assert.equal(form("process.user.id"), "keyword");
});

test("every member of an object list lies below a list, and ids are positions", () => {
  const schema = builtInSchema();
  const lists = fields.filter((field) => field.type === "object-list").map((field) => field.path);
  assert.deepEqual(lists, [
    "dns.answers",
    "process.thread.Ext.call_stack",
    "process.parent.thread.Ext.call_stack",
    "process.thread.Ext.call_stack_final_user_module.code_signature",
  ]);
  assert.ok(lists.every((list) => fields.some((field) => field.path.startsWith(`${list}.`))));
  for (const field of schema.fields) assert.equal(schema.field(field.id), field);
  assert.equal(schema.version, schemaVersion);
});
