import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type RelatedProcess, relate } from "./relations.ts";

function process(
  key: string,
  parent: string | null,
  ancestry: readonly string[] = [],
): RelatedProcess {
  return { key, parent, ancestry };
}

/** `init > sshd > bash > (curl > sh, cat)`, and `init > cron`. */
const host: readonly RelatedProcess[] = [
  process("sshd", "init"),
  process("cron", "init"),
  process("bash", "sshd"),
  process("curl", "bash"),
  process("cat", "bash"),
  process("sh", "curl"),
];

function relationsOf(processes: readonly RelatedProcess[], ...keys: readonly string[]): unknown {
  const seeds = processes.filter(({ key }) => keys.includes(key));
  return Object.fromEntries(relate(processes, seeds));
}

describe("relations of processes", () => {
  it("are those of ancestors, descendants and other children of the parent", () => {
    assert.deepEqual(relationsOf(host, "curl"), {
      curl: "self",
      sh: "descendant",
      bash: "ancestor",
      sshd: "ancestor",
      init: "ancestor",
      cat: "sibling",
    });
  });

  it("are the nearest where several processes matched", () => {
    assert.deepEqual(relationsOf(host, "bash", "sh"), {
      bash: "self",
      sh: "self",
      curl: "descendant",
      cat: "descendant",
      sshd: "ancestor",
      init: "ancestor",
    });
  });

  it("bridge processes that no record is of by the ancestry that events carry", () => {
    const processes = [process("sh", "curl", ["curl", "bash"]), process("bash", "sshd")];
    assert.deepEqual(relationsOf(processes, "bash"), {
      bash: "self",
      sh: "descendant",
      sshd: "ancestor",
    });
    assert.deepEqual(relationsOf(processes, "sh"), {
      sh: "self",
      curl: "ancestor",
      bash: "ancestor",
      sshd: "ancestor",
    });
  });

  it("come to an end where parents form a circle, as after a pid was used again", () => {
    const circle = [process("a", "b"), process("b", "a"), process("c", "c")];
    assert.deepEqual(relationsOf(circle, "a"), { a: "self", b: "descendant" });
    assert.deepEqual(relationsOf(circle, "c"), { c: "self" });
  });

  it("agree with looking at each pair of processes", () => {
    const parents = fc.array(fc.nat(), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(parents, fc.nat(), (numbers, seed) => {
        // Each process's parent is an older one: a tree.
        const above = numbers.map((number, i) => (i === 0 ? null : number % i));
        const processes = above.map((parent, i) =>
          process(String(i), parent === null ? null : String(parent)),
        );
        const chosen = seed % processes.length;
        const isAbove = (a: number, b: number): boolean => {
          for (let at = above[b]!; at !== null; at = above[at]!) if (at === a) return true;
          return false;
        };
        const expected = processes.flatMap((_, i): [string, string][] => {
          if (i === chosen) return [[String(i), "self"]];
          if (isAbove(chosen, i)) return [[String(i), "descendant"]];
          if (isAbove(i, chosen)) return [[String(i), "ancestor"]];
          const isSibling = above[i] !== null && above[i] === above[chosen];
          return isSibling ? [[String(i), "sibling"]] : [];
        });
        assert.deepEqual(relationsOf(processes, String(chosen)), Object.fromEntries(expected));
      }),
    );
  });
});
