// `npm run demo`: builds, then replays the recording of the played techniques (docs/techniques.md) through the shipped rules.
import { spawnSync } from "node:child_process";

const root = new URL("..", import.meta.url).pathname;

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

run("npx", ["--no-install", "tsc", "-p", "tsconfig.json"]);
run(process.execPath, [
  "dist/src/cli/main.js",
  "replay",
  "examples/techniques.jsonl.gz",
  "--rules",
  "rules",
  "--format",
  "text",
]);
