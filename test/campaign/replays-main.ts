/** `npm run campaign:digest -- [N] [SEED] [RECORDING] [RULES]`: N replays (100 unless given) must give one digest. */
import { drawWays, replayAll } from "./replays.ts";

const count = Number(process.argv[2] ?? 100);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
const recording = process.argv[4] ?? "examples/attack.jsonl";

console.log(`seed ${seed}, ${count} replays of ${recording}`);
const tally = await replayAll(recording, process.argv[5] ?? "rules", drawWays(count, seed));
console.log(tally);
if (tally.digests.length !== 1 || tally.alerts === 0) process.exitCode = 1;
