// `npm test [-- FILTER...]`: installs missing system packages where it may (all tests only), builds, then runs every test file whose path contains one of the filters.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function testFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith(".test.js") ? [path] : [];
  });
}

if (process.argv.length === 2) run(process.execPath, ["scripts/system-packages.mjs"]);
run("npx", ["--no-install", "tsc", "-p", "tsconfig.json"]);
const filters = process.argv.slice(2);
const files = testFiles("dist")
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
  .sort();
// "spec" for those who watch, "tap" for those who read it later; and all failures once more at the end.
const reporters = [process.stdout.isTTY ? "spec" : "tap", "./scripts/failures-reporter.mjs"];
const reporterFlags = reporters.flatMap((name) => [
  `--test-reporter=${name}`,
  "--test-reporter-destination=stdout",
]);
run(process.execPath, ["--test", ...reporterFlags, ...files]);
