/** Which events some loaded rule could match: what sources need not collect is all the rest. */
import { foldCase } from "../base/case-folding.ts";
import { eventActions } from "./event-table.ts";

/** The fields by which a set of events is described. Texts are compared case folded. */
export const outlineFields = {
  categories: "event.category",
  actions: "event.action",
  types: "event.type",
  systems: "host.os.type",
} as const;

export type OutlineKey = keyof typeof outlineFields;

/** A set of events: the field has one of these values, which are case folded; null stands for any value, or none. */
export interface EventShape extends Readonly<Record<OutlineKey, ReadonlySet<string> | null>> {
  /** One of these begins `file.path`, case folded; null where any path will do. */
  readonly pathPrefixes: ReadonlySet<string> | null;
}

/** An event is of interest where it is in one of the shapes. */
export interface Interest {
  readonly shapes: readonly EventShape[];
  /** Paths of fields that rules and the process table read; sources need not fill others for the rules' sake. */
  readonly fields: ReadonlySet<string>;
}

/** An event as far as interest goes: all values of each field. */
export interface EventOutline extends Readonly<Record<OutlineKey, readonly string[]>> {
  readonly paths: readonly string[];
}

/** What is of interest whatever the rules say: the life of processes, which ancestry and lineage are made of. */
export const lifeActions: ReadonlySet<string> = new Set(["exec", "fork", "end", "already_running"]);

const outlineKeys: readonly OutlineKey[] = ["categories", "actions", "types", "systems"];

/** Whether some rule could match such an event. Never false for one that a rule matches. */
export function isOfInterest(interest: Interest, event: EventOutline): boolean {
  return interest.shapes.some((shape) => {
    if (!outlineKeys.every((key) => holds(shape[key], event[key]))) return false;
    const { pathPrefixes } = shape;
    return pathPrefixes === null || event.paths.some((path) => beginsWithOne(path, pathPrefixes));
  });
}

/**
 * Actions of the event table that a sensor on a machine of that system (`host.os.type`) has to collect: some rule could
 * match them, or the process table needs them.
 */
export function wantedActions(interest: Interest, system: string): ReadonlySet<string> {
  const wanted = eventActions.filter(
    ({ name, categories, types }) =>
      lifeActions.has(name) ||
      interest.shapes.some(
        (shape) =>
          holds(shape.categories, categories) &&
          holds(shape.actions, [name]) &&
          holds(shape.types, types) &&
          holds(shape.systems, [system]),
      ),
  );
  return new Set(wanted.map(({ name }) => name));
}

function holds(wanted: ReadonlySet<string> | null, found: readonly string[]): boolean {
  return wanted === null || found.some((value) => wanted.has(foldCase(value)));
}

function beginsWithOne(path: string, prefixes: ReadonlySet<string>): boolean {
  const folded = foldCase(path);
  for (const prefix of prefixes) if (folded.startsWith(prefix)) return true;
  return false;
}
