/** What the sensor's programs take of a load, by the kernel's own account. */
import { callHooks, plainHooks } from "../../src/collect/ebpf/hook-table.ts";
import { loadedPrograms, readProgram, takeRunTimes } from "../../src/collect/ebpf/libbpf.ts";

/** The kernel keeps so many characters of a program's name. */
const nameLength = 15;

/**
 * Microseconds for each of `count` repetitions, all together and by program, and how often each program ran. Programs of
 * other sensors on the machine would be counted as well.
 */
export async function takeRunTimesOf(
  count: number,
  act: () => Promise<unknown>,
): Promise<Readonly<Record<string, unknown>>> {
  const names = [...plainHooks.keys(), ...callHooks.map(({ program }) => program)];
  const ids = loadedPrograms(new Set(names.map((name) => name.slice(0, nameLength))));
  const times = takeRunTimes();
  if (times === null) return {};
  const before = ids.map(readProgram);
  await act();
  const after = ids.map(readProgram);
  times.close();
  const programs: Record<string, unknown> = {};
  let totalNs = 0;
  for (const [index, program] of after.entries()) {
    const first = before[index] ?? null;
    if (program === null || first === null || program.runs === first.runs) continue;
    const [runs, runNs] = [program.runs - first.runs, program.runNs - first.runNs];
    totalNs += runNs;
    programs[program.name] = { runs: rounded(runs / count), ns: rounded(runNs / runs) };
  }
  return { all: rounded(totalNs / count / 1000), programs };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
