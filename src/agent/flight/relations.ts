/** Which processes are related to those of a match, and how near. */

/** A process as records tell of it; keys are those of `processKey`. */
export interface RelatedProcess {
  readonly key: string;
  /** Null where no record says. */
  readonly parent: string | null;
  /** Nearest first, as far as records say; may hold the parent. */
  readonly ancestry: readonly string[];
}

/** From the nearest to the farthest: the order in which records are taken. */
export const relations = ["self", "descendant", "ancestor", "sibling"] as const;

export type Relation = (typeof relations)[number];

/**
 * The relation of each process that has one to `seeds`; of several the nearest. Parents and ancestors that no record
 * is of are among them. A sibling is another child of a seed's parent.
 */
export function relate(
  processes: Iterable<RelatedProcess>,
  seeds: readonly RelatedProcess[],
): ReadonlyMap<string, Relation> {
  const known = new Map<string, RelatedProcess>();
  const children = new Map<string, string[]>();
  for (const process of processes) known.set(process.key, process);
  for (const seed of seeds) if (!known.has(seed.key)) known.set(seed.key, seed);
  for (const process of known.values()) {
    for (const above of abovesOf(process)) {
      const below = children.get(above);
      if (below === undefined) children.set(above, [process.key]);
      else below.push(process.key);
    }
  }
  const own = seeds.map(({ key }) => key);
  const found = new Map<string, Relation>();
  note(found, own, "self");
  note(
    found,
    closure(own, (key) => children.get(key) ?? []),
    "descendant",
  );
  note(
    found,
    closure(own, (key) => abovesOf(known.get(key))),
    "ancestor",
  );
  const parents = new Set(seeds.flatMap(({ parent }) => parent ?? []));
  for (const { key, parent } of known.values()) {
    if (parent !== null && parents.has(parent)) note(found, [key], "sibling");
  }
  return found;
}

function abovesOf(process: RelatedProcess | undefined): readonly string[] {
  if (process === undefined) return [];
  const { parent, ancestry } = process;
  return parent === null || ancestry.includes(parent) ? ancestry : [parent, ...ancestry];
}

function note(found: Map<string, Relation>, keys: Iterable<string>, relation: Relation): void {
  for (const key of keys) if (!found.has(key)) found.set(key, relation);
}

/** What can be reached from `start`, which is left out unless a cycle leads back. */
function closure(
  start: readonly string[],
  next: (key: string) => readonly string[],
): ReadonlySet<string> {
  const reached = new Set(start.flatMap(next));
  // A set gives what is added while it is read.
  for (const key of reached) for (const further of next(key)) reached.add(further);
  return reached;
}
