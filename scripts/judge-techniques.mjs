// `node scripts/judge-techniques.mjs [--check] [--write] [NAME=]RECORDING...`: tells, as Markdown tables, which of the events
// that each technique must produce a recording holds, whether all of its rules fired on what happened while it was played, and
// what is missing and why. A NAME is one of sources, such as `procevents+fanotify`. With `--check` it exits with 1 where something
// is missing; with `--write` the tables take the place of those in docs/techniques.md. Build first.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { sourceKinds } from "../dist/src/agent/sources.js";
import { parseIso } from "../dist/src/base/time.js";
import { techniques } from "../examples/techniques/table.mjs";

const root = new URL("..", import.meta.url).pathname;
const program = join(root, "dist/src/cli/main.js");

const { values, positionals } = parseArgs({
  options: { check: { type: "boolean" }, write: { type: "boolean" } },
  allowPositionals: true,
});
const recordings = [];
for (const argument of positionals) {
  const [path, name = path] = argument.split("=").reverse();
  recordings.push(await judge(path, name));
}
const text = [mainTable(), missingTable()]
  .filter((part) => part !== "")
  .join("\n\n")
  .concat("\n");
process.stdout.write(text);
if (values.write) writeTables();
for (const { name, events, judged } of recordings) {
  const complete = judged.filter(({ missing }) => missing.length === 0).length;
  const detected = judged.filter(({ isDetected }) => isDetected).length;
  const isWhole = complete === techniques.length && detected === techniques.length;
  if (values.check && !isWhole) process.exitCode = 1;
  const sums = `${complete} of ${techniques.length} complete, ${detected} detected`;
  console.error(`${name}: ${events.length} events; ${sums}`);
}

/** What a recording holds of each technique, by what happened while that one was played. */
async function judge(path, name) {
  const records = readRecords(path);
  const events = records.filter((record) => record.event?.action !== undefined);
  const windows = windowsOf(records);
  const alerts = readAlerts(path);
  const offered = await offeredActions(name);
  const judged = techniques.map((technique) => {
    const window = windows.get(technique.id) ?? null;
    const own = window === null ? [] : events.filter((event) => isWithin(event, window));
    const fired = new Set(
      alerts
        .filter(({ match }) => window !== null && match.every((event) => isWithin(event, window)))
        .map(({ rule }) => rule),
    );
    return {
      missing: technique.expect
        .map((wanted) => whyMissing(own, wanted, offered))
        .filter((missing) => missing !== null),
      isDetected: technique.rules.every((rule) => fired.has(rule)),
    };
  });
  return { name, events, judged };
}

function readRecords(path) {
  const bytes = readFileSync(path);
  const lines = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** From when to when each technique was played, as heartbeats of the recording mark it. */
function windowsOf(records) {
  const marks = records.filter(({ kestrel }) => kestrel?.technique !== undefined);
  return new Map(
    marks.slice(0, -1).map((mark, index) => {
      const [from, to] = [mark, marks[index + 1]].map(timeOf);
      return [mark.kestrel.technique, { from, to }];
    }),
  );
}

function timeOf(record) {
  return parseIso(record["@timestamp"]);
}

function isWithin(event, { from, to }) {
  const time = timeOf(event);
  return time >= from && time < to;
}

/** The rules' files that fired, each time with its events. */
function readAlerts(path) {
  const command = [program, "replay", path, "--rules", "rules", "--format", "json"];
  const { stdout } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 0x10000000,
  });
  const lines = stdout.split("\n").filter((line) => line.includes('"kind":"alert"'));
  return lines.map((line) => {
    const { match, rule } = JSON.parse(line).kestrel;
    const name = rule.path
      .split("/")
      .at(-1)
      .replace(/\.\w+$/, "");
    return { rule: name, match: match.map(({ event }) => event).filter((event) => event !== null) };
  });
}

/** Actions that the sources of that name tell of; null where it names none. */
async function offeredActions(name) {
  const kinds = name.split("+").map((source) => sourceKinds[source]);
  if (kinds.some((kind) => kind === undefined)) return null;
  const offers = await Promise.all(kinds.map((kind) => kind.offer()));
  return new Set(offers.flatMap(({ actions }) => [...actions]));
}

/** Null where an event is what is wanted; otherwise which action is missing, and why. */
function whyMissing(events, { action, ...fields }, offered) {
  const told = events.filter((event) => event.event.action === action);
  const failing = told.map((event) =>
    Object.entries(fields)
      .filter(
        ([path, wanted]) =>
          !valuesOf(event, path).some((value) => isSuitable(value, String(wanted))),
      )
      .map(([path]) => path),
  );
  if (failing.some((paths) => paths.length === 0)) return null;
  if (offered !== null && !offered.has(action))
    return { action, why: "not told of by these sources" };
  if (told.length === 0) return { action, why: "no such event was told here" };
  const [best] = failing.sort((a, b) => a.length - b.length);
  return { action, why: `told without ${best.map((path) => `\`${path}\``).join(", ")}` };
}

function valuesOf(event, path) {
  const value = path.split(".").reduce((at, key) => at?.[key], event);
  return value === undefined || value === null ? [] : [value].flat().map(String);
}

function isSuitable(value, wanted) {
  const parts = wanted.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(value);
}

function mainTable() {
  const names = recordings.map(({ name }) => name);
  const sums = recordings.map(({ judged }) => {
    const complete = judged.filter(({ missing }) => missing.length === 0).length;
    const detected = judged.filter(({ isDetected }) => isDetected).length;
    return `${complete} complete, ${detected} detected`;
  });
  return table(
    ["technique", "what is played", "events", "rules", ...names],
    [
      ...techniques.map(({ id, name, expect, rules }, index) => [
        id,
        name,
        [...new Set(expect.map(({ action }) => `\`${action}\``))].join(", "),
        rules.map((rule) => `\`${rule}\``).join(", "),
        ...recordings.map(({ judged }) => {
          const { missing, isDetected } = judged[index];
          const seen = `${expect.length - missing.length} of ${expect.length}`;
          return `${seen}${isDetected ? ", detected" : ""}`;
        }),
      ]),
      ["all", `${techniques.length} techniques`, "", "", ...sums],
    ],
  );
}

/** What is missing, with all together that is missing for the same reason. */
function missingTable() {
  const rows = recordings.flatMap(({ name, judged }) => {
    const groups = new Map();
    for (const [index, { missing }] of judged.entries()) {
      for (const { action, why } of missing) {
        const group = groups.get(why) ?? { actions: new Set(), ids: new Set() };
        groups.set(why, group);
        group.actions.add(`\`${action}\``);
        group.ids.add(techniques[index].id);
      }
    }
    return [...groups].map(([why, { actions, ids }]) => {
      return [name, why, [...actions].join(", "), [...ids].join(", ")];
    });
  });
  return rows.length === 0 ? "" : table(["sources", "why", "missing", "techniques"], rows);
}

function table(header, rows) {
  const lines = [header, header.map(() => "---"), ...rows];
  return lines.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function writeTables() {
  const path = join(root, "docs/techniques.md");
  const document = readFileSync(path, "utf8");
  const begin = "<!-- made by scripts/judge-techniques.mjs -->\n";
  const end = "<!-- end -->";
  const [before, rest] = document.split(begin);
  const after = rest.slice(rest.indexOf(end));
  writeFileSync(path, `${before}${begin}\n${text}\n${after}`);
}
