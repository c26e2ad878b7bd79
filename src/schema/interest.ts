/** Which events some loaded rule could match: what sources need not collect is all the rest. */

/** A set of events. Null stands for any value. Values are in lower case and compared so. */
export interface EventShape {
  readonly categories: ReadonlySet<string> | null;
  readonly actions: ReadonlySet<string> | null;
  readonly types: ReadonlySet<string> | null;
  /** One of these begins `file.path`, case folded; null where any path will do. */
  readonly pathPrefixes: readonly string[] | null;
}

/** An event is of interest where it is in one of the shapes. */
export interface Interest {
  readonly shapes: readonly EventShape[];
  /** Paths of the fields that rules and alerts read; sources need not fill others for the rules' sake. */
  readonly fields: ReadonlySet<string>;
}

/** An event as far as interest goes; a field may have several values, or none. */
export interface EventOutline {
  readonly categories: readonly string[];
  readonly actions: readonly string[];
  readonly types: readonly string[];
  readonly paths: readonly string[];
}

/**
 * What is kept whatever the rules say: the life of processes, which ancestry and lineage are made of. A source
 * need not ask for them.
 */
export const lifeActions: ReadonlySet<string> = new Set(["exec", "fork", "end", "already_running"]);

/** Whether some rule could match such an event. Never false for one that a rule matches. */
export function isOfInterest(interest: Interest, event: EventOutline): boolean {
  return interest.shapes.some(
    ({ categories, actions, types, pathPrefixes }) =>
      holds(categories, event.categories) &&
      holds(actions, event.actions) &&
      holds(types, event.types) &&
      (pathPrefixes === null || event.paths.some((path) => beginsWithOne(path, pathPrefixes))),
  );
}

/** Whether some rule could match an event of this action, or the life of processes needs it. */
export function wantsAction(
  interest: Interest,
  category: string,
  action: string,
  type: string,
): boolean {
  if (category === "process" && lifeActions.has(action)) return true;
  return interest.shapes.some(
    ({ categories, actions, types }) =>
      (categories === null || categories.has(category)) &&
      (actions === null || actions.has(action)) &&
      (types === null || types.has(type)),
  );
}

function holds(wanted: ReadonlySet<string> | null, found: readonly string[]): boolean {
  return wanted === null || found.some((value) => wanted.has(value.toLowerCase()));
}

function beginsWithOne(path: string, prefixes: readonly string[]): boolean {
  const folded = path.toLowerCase();
  return prefixes.some((prefix) => folded.startsWith(prefix));
}
