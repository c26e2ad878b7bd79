/** Test support: lineage read straight from its definition, over the whole list of events. */
import type { ProcessEvent } from "./process-batch.fixture.ts";

/** The letters of the relations that hold for each event (`letters`); all events have entity ids. */
export function naiveLineage(events: readonly ProcessEvent[]): string[] {
  return events.map((event, index) => {
    const id = event.id ?? "";
    const isChild = isChildAt(events, id, index);
    const isDescendant = isDescendantAt(events, id, index);
    const isEvent = hasMatched(events, id, index + 1);
    return `${isChild ? "c" : ""}${isDescendant ? "d" : ""}${isEvent ? "e" : ""}`;
  });
}

/** The entity ids of at most `max` ancestors of each event's process, as of that event; all events have entity ids. */
export function naiveAncestry(events: readonly ProcessEvent[], max: number): string[][] {
  return events.map((event, index) => {
    const start = event.id ?? "";
    const seen = [start];
    for (let id = parentOf(events, start, index); id !== null && !seen.includes(id); ) {
      seen.push(id);
      id = parentOf(events, id, index);
    }
    const links = seen.slice(1, max + 1);
    const found = links.length > 0 || event.parent === undefined ? links : [event.parent];
    const ids = event.ancestry ?? [];
    const last = found.at(-1);
    if (last === undefined) return ids.slice(0, max);
    const known = ids.indexOf(last) + 1;
    return known === 0 ? found : [...found, ...ids.slice(known)].slice(0, max);
  });
}

/** The parent of `id` that an event up to `last` named first, unless it is its own. */
function parentOf(events: readonly ProcessEvent[], id: string, last: number): string | null {
  const created = creationOf(events, id, last);
  const parent = created < 0 ? undefined : ancestorsOf(events[created]!)[0];
  return parent === undefined || parent === id ? null : parent;
}

/** Whether an event of `id` before `end` matched. */
function hasMatched(events: readonly ProcessEvent[], id: string, end: number): boolean {
  return events.slice(0, end).some((event) => event.id === id && event.hit === true);
}

/** The index of the event that created `id`, if it is at most `last`; else -1. */
function creationOf(events: readonly ProcessEvent[], id: string, last: number): number {
  return events
    .slice(0, last + 1)
    .findIndex((event) => event.id === id && ancestorsOf(event).length > 0);
}

/** The parent and what lies above it, as the event says. */
function ancestorsOf(event: ProcessEvent): string[] {
  const ids = event.parent === undefined ? [] : [event.parent];
  return [...new Set([...ids, ...(event.ancestry ?? [])])];
}

function isChildAt(events: readonly ProcessEvent[], id: string, index: number): boolean {
  const created = creationOf(events, id, index);
  if (created < 0) return false;
  const [parent] = ancestorsOf(events[created]!);
  return parent !== undefined && parent !== id && hasMatched(events, parent, created);
}

function isDescendantAt(events: readonly ProcessEvent[], id: string, index: number): boolean {
  const created = creationOf(events, id, index);
  if (created < 0) return false;
  const ancestors = ancestorsOf(events[created]!);
  if (ancestors[0] === id) return false;
  for (const ancestor of ancestors) {
    if (ancestor === id) continue;
    if (hasMatched(events, ancestor, created)) return true;
    if (isDescendantAt(events, ancestor, created - 1)) return true;
    if (creationOf(events, ancestor, created - 1) >= 0) return false;
  }
  return false;
}
