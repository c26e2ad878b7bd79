// `node scripts/judge-techniques.mjs [--check] [NAME=]RECORDING...`: tells, as a Markdown table, which of the events that each
// technique must produce a recording holds, and whether all of its rules fired on it. With `--check` it exits with 1 where
// something is missing.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { techniques } from "../examples/techniques/table.mjs";

const root = new URL("..", import.meta.url).pathname;
const program = join(root, "dist/src/cli/main.js");

function readEvents(path) {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line)).filter((event) => event.event !== undefined);
}

/** Names of the rules' files that fired. */
function firedRules(path) {
  const command = [program, "replay", path, "--rules", "rules", "--format", "json"];
  const { stdout } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 0x10000000,
  });
  const alerts = stdout.split("\n").filter((line) => line.includes('"kind":"alert"'));
  return new Set(alerts.map((line) => nameOf(JSON.parse(line).kestrel.rule.path)));
}

function nameOf(path) {
  return path
    .split("/")
    .at(-1)
    .replace(/\.\w+$/, "");
}

function valuesOf(event, path) {
  const value = path.split(".").reduce((at, key) => at?.[key], event);
  return value === undefined || value === null ? [] : [value].flat().map(String);
}

function fits(value, wanted) {
  const parts = wanted.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(value);
}

function isSeen(events, { action, ...fields }) {
  return events.some(
    (event) =>
      event.event.action === action &&
      Object.entries(fields).every(([path, wanted]) =>
        valuesOf(event, path).some((value) => fits(value, String(wanted))),
      ),
  );
}

const isCheck = process.argv[2] === "--check";
const recordings = process.argv.slice(isCheck ? 3 : 2).map((argument) => {
  const [path, name] = argument.split("=").reverse();
  return { name: name ?? path, events: readEvents(path), fired: firedRules(path) };
});
const header = [
  "technique",
  "what is played",
  "events",
  "rules",
  ...recordings.map(({ name }) => name),
];
const rows = techniques.map(({ id, name, expect, rules }) => [
  id,
  name,
  [...new Set(expect.map(({ action }) => `\`${action}\``))].join(", "),
  rules.map((rule) => `\`${rule}\``).join(", "),
  ...recordings.map(({ events, fired }) => {
    const seen = expect.filter((wanted) => isSeen(events, wanted)).length;
    const isDetected = rules.every((rule) => fired.has(rule));
    return `${seen} of ${expect.length}${isDetected ? ", detected" : ""}`;
  }),
]);
for (const row of [header, header.map(() => "---"), ...rows]) console.log(`| ${row.join(" | ")} |`);
for (const [index, { name, events }] of recordings.entries()) {
  const cells = rows.map((row) => row[4 + index]);
  const complete = cells.filter((cell) => /^(\d+) of \1\b/.test(cell)).length;
  const detected = cells.filter((cell) => cell.endsWith("detected")).length;
  if (isCheck && (complete < rows.length || detected < rows.length)) process.exitCode = 1;
  console.error(
    `${name}: ${events.length} events; ${complete} of ${rows.length} complete, ${detected} detected`,
  );
}
