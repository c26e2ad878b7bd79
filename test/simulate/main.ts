/** `npm run simulate -- [SEED] [COUNT]`: plays COUNT simulations (100 unless given) from SEED on, each one twice. */

import { describeSeed } from "./describe.ts";
import { addTally, emptyTally, simulate } from "./simulate.ts";

const first = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.argv[3] ?? 100);

/** Simulations between two lines on standard error. */
const toldEvery = 100;

console.log(`seeds ${first} to ${first + count - 1}`);
let tally = emptyTally;
let failed = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const { problems, tally: one } = await simulate(seed).catch((error: Error) => ({
    problems: [`it broke off: ${error.stack}`],
    tally: emptyTally,
  }));
  tally = addTally(tally, one);
  const played = seed - first + 1;
  if (played % toldEvery === 0) console.error(`${played} played, ${failed} failed`);
  if (problems.length === 0) continue;
  failed += 1;
  console.log(describeSeed(seed, problems));
}
console.log(tally);
console.log(failed === 0 ? "all is well" : `${failed} seeds failed`);
if (failed > 0) process.exitCode = 1;
