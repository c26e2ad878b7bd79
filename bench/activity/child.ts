/** The process that carries out one job: the job as JSON is its argument, the result a line on stdout. */
import { backends } from "../../src/agent/backends.ts";
import { settleHeap } from "../../src/agent/heap.ts";
import { wasmBackend } from "../../src/predicate/wasm/wasm.ts";
import { batchesPass } from "./batches.ts";
import { compileChoice } from "./choose-rules.ts";
import { ingestPass } from "./ingest.ts";
import type { Job, JobResult } from "./job.ts";
import { parsePass } from "./json-parse.ts";
import { timeLoad } from "./load.ts";
import { logPath, logWritePass, packedSizes } from "./log-write.ts";
import { timePasses } from "./time-passes.ts";

const job = JSON.parse(process.argv[2] ?? "null") as Job;
process.stdout.write(`${JSON.stringify(await run(job))}\n`);

async function run(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case "json-parse":
      return { times: await timePasses(job.set, parsePass), figure: 0, rules: 0 };
    case "log-write": {
      const times = await timePasses(job.set, logWritePass);
      return { times, figure: 0, rules: 0, packed: packedSizes(job.set.streams) };
    }
    case "ingest":
    case "shared":
    case "log-replay":
    case "batches": {
      const rules = compileChoice(job.rules);
      const backend = backends[job.backend];
      settleHeap();
      const times = await timePasses(job.set, (path, events) =>
        job.kind === "batches"
          ? batchesPass(path, rules, backend)
          : ingestPass(
              job.kind === "log-replay" ? logPath(path) : path,
              events,
              rules,
              backend,
              job.kind === "shared" ? 2 : 1,
            ),
      );
      return { times, figure: 0, rules: rules.rules.length };
    }
    case "load": {
      const { seconds, rules } = timeLoad(job.rules.paths);
      return { times: {}, figure: seconds, rules };
    }
    case "memory": {
      const rules = compileChoice(job.rules);
      settleHeap();
      await ingestPass(job.stream.path, job.stream.events, rules, wasmBackend);
      const figure = process.memoryUsage().rss / 1_000_000;
      return { times: {}, figure, rules: rules.rules.length };
    }
  }
}
