/** The library runs where there is no Node: bundled for a browser, in a context without Node's globals. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { type BuildResult, build } from "esbuild";

const entry = fileURLToPath(new URL("../src/index.js", import.meta.url));

async function bundle(format: "esm" | "iife"): Promise<BuildResult<{ metafile: true }>> {
  return build({
    entryPoints: [entry],
    bundle: true,
    platform: "browser",
    format,
    globalName: "kestrel",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
}

test("a bundle for browsers resolves every import, and none of them is Node's", async () => {
  const { metafile, errors, warnings } = await bundle("esm");
  assert.deepEqual([...errors, ...warnings], []);
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  assert.ok(imports.length > 0);
  assert.deepEqual(
    imports.filter(({ path, external }) => external === true || path.startsWith("node:")),
    [],
  );
  const [output] = Object.values(metafile.outputs);
  assert.deepEqual(output?.imports, []);
  assert.ok(output?.exports.includes("Detector"));
});

/** What a page would do; it sees no global of Node's. */
const page = `
  const file = kestrel.parseRuleFile(
    { path: "shell.eql", text: 'process where process.name : "SH" and process.args regex "-+i"' },
    kestrel.sha256Hex,
  );
  const { set, diagnostics } = kestrel.compileRules(file.rules, { schema: kestrel.builtInSchema() });
  const alerts = [];
  const detector = new kestrel.Detector({
    rules: set,
    onAlert: (alert) => alerts.push(JSON.parse(kestrel.alertJson(alert, detector.provenance))),
  });
  const pushed = [["sh", "-i"], ["sh", "-c"], ["ls", "-i"]].map((args, pid) =>
    detector.push({
      "@timestamp": "2026-01-01T00:00:00Z",
      event: { category: ["process"] },
      process: { pid, name: args[0], args },
    }).kind,
  );
  detector.close();
  JSON.stringify({
    globals: [typeof process, typeof require, typeof Buffer],
    diagnostics,
    pushed,
    pids: alerts.map((alert) => alert.process.pid),
  });
`;

test("the bundle finds an alert in a context that has the web's globals only", async () => {
  const { outputFiles } = await bundle("iife");
  const context = createContext({ TextEncoder, TextDecoder });
  runInContext(outputFiles?.[0]?.text ?? "", context);
  const result: unknown = runInContext(page, context);
  assert.deepEqual(JSON.parse(String(result)), {
    globals: ["undefined", "undefined", "undefined"],
    diagnostics: [],
    pushed: ["accepted", "accepted", "accepted"],
    pids: [0],
  });
});
