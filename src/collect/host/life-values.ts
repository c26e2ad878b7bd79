/** What the events of a process's life hold beside their process, which is next to nothing: it need not be read. */
import type { OwnPlace, OwnValues } from "../../event/pieced-event.ts";

/** Members of `kestrel`, of which any event may have some. */
const marks: readonly OwnPlace[] = ["racy", "unknown_process", "repaired"].map((name) => ({
  path: `kestrel.${name}`,
  isTold: false,
}));

/** An event that says only that something happened to its process. */
export const nothingElse: OwnValues = { places: marks, value: () => null };

/** The end of a process: its numbers are in the text only. */
export const endValues: OwnValues = {
  places: [
    ...["end", "uptime", "exit_code"].map((name) => ({ path: `process.${name}`, isTold: false })),
    ...marks,
  ],
  value: () => null,
};

const execPlaces: readonly OwnPlace[] = [
  { path: "process.Ext.memfd.name", isTold: true },
  ...marks,
];

/** The start of a program, perhaps of one that lies in memory under a name. */
export function execValues(memoryFile: string | null): OwnValues {
  return { places: execPlaces, value: (place) => (place === 0 ? memoryFile : null) };
}
