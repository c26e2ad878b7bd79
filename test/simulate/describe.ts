/** A failed seed, so that people can see what it is about. */
import { drawScenario } from "./scenario.ts";

/** Problems beyond these say little more. */
const shownProblems = 4;

/** What went wrong first, the scenario in a few lines, the rules that are named, and how to play it again. */
export function describeSeed(seed: number, problems: readonly string[]): string {
  const { ruleSets, sources, runs, limits, backend, windowMs } = drawScenario(seed);
  const text = problems.slice(0, shownProblems).join("\n");
  const rules = new Set(ruleSets.flat().filter(({ id }) => text.includes(`"${id}"`)));
  const named = rules.size === 0 ? [] : [...rules];
  return [
    `seed ${seed}: ${problems.length} problems`,
    text,
    ...sources.map(({ name, canWait, horizonMs, skewMs, beats, portions, endsMs, diesMs }) => {
      const about = { name, canWait, horizonMs, skewMs, beats, endsMs, diesMs };
      return `source ${JSON.stringify({ ...about, portions: portions.length })}`;
    }),
    ...runs.map((run) => `run ${JSON.stringify(run)}`),
    `${backend}, batches of ${limits.batchEvents}, bus of ${limits.busEvents}, window ${windowMs} ms`,
    ...named.map(({ path, text: file }) => `--- ${path}\n${file}`),
    `again: npm run simulate -- ${seed} 1`,
  ].join("\n");
}
