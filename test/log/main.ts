/** `npm run campaign:log [-- SEED]`: 200 killed recordings, then 10,000 changed bytes in a log. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { killRounds } from "./kill-rounds.ts";

const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 31));

console.log(`seed ${seed}`);
console.log("kills", await killRounds(200, seed));
const damage = fileURLToPath(new URL("../../src/log/damage.test.js", import.meta.url));
const { status } = spawnSync(process.execPath, ["--test", damage], {
  env: { ...process.env, KESTREL_LOG_FLIPS: "10000" },
  stdio: "inherit",
});
process.exitCode = status ?? 1;
