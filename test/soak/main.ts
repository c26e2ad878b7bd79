/** `npm run soak [-- EVENTS [RULES...]]`: what a long stream of new texts leaves in memory. */
import { settleHeap } from "../../src/agent/heap.ts";
import { prepareRules } from "../../src/agent/prepare.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { soak } from "./soak.ts";

const events = Number(process.argv[2] ?? 5_000_000);
const paths = process.argv.length > 3 ? process.argv.slice(3) : ["rules"];
const prepared = prepareRules({ rules: paths, only: [], disable: [], limits: defaultLimits });
settleHeap();
const result = soak(prepared.compiled.set, defaultLimits, events);
process.stdout.write(
  `${JSON.stringify({ rules: prepared.compiled.set.rules.length, ...result })}\n`,
);
