/**
 * `npm run campaign:digest -- [N] [SEED] [RECORDING] [RULES]`: N replays (100 unless given) must give one digest; with
 * `each` before them, N for each back end and number of threads.
 */
import { drawWays, drawWaysOfEach, replayAll } from "./replays.ts";

const isEach = process.argv[2] === "each";
const [countText, seedText, recording = "examples/attack.jsonl", rules = "rules"] =
  process.argv.slice(isEach ? 3 : 2);
const count = Number(countText ?? 100);
const seed = Number(seedText ?? Math.floor(Math.random() * 2 ** 31));
const ways = isEach ? drawWaysOfEach(count, seed) : drawWays(count, seed);

console.log(`seed ${seed}, ${ways.length} replays of ${recording}`);
const tally = await replayAll(recording, rules, ways);
console.log(tally);
if (tally.digests.length !== 1 || tally.alerts === 0) process.exitCode = 1;
