/** An event of a generated host as a line of JSON in the form of the Elastic Common Schema. */
import type { Process } from "./population.ts";

/** What the events of one host have in common. */
export interface HostIdentity {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
}

/** What happened, apart from the process that did it. */
export interface Happening {
  readonly category: string;
  readonly type: string;
  readonly action: string;
  /** Further members of the event, and of its process. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly processFields?: Readonly<Record<string, unknown>>;
}

/** Ancestors that an event names by their entity ids. */
const ancestryLength = 5;

/** The line of the event with this number, without its line end. */
export function eventLine(
  host: HostIdentity,
  sequence: number,
  timestamp: string,
  process: Process,
  happening: Happening,
): string {
  const { category, type, action, fields, processFields } = happening;
  const isAboutProcess = category === "process";
  return JSON.stringify({
    "@timestamp": timestamp,
    agent: { id: host.agentId, type: "endpoint" },
    event: {
      id: `${host.name}-${sequence}`,
      sequence,
      kind: "event",
      category: [category],
      type: [type],
      action,
      dataset: `endpoint.events.${category}`,
    },
    host: { id: host.id, name: host.name, os: { type: "linux" } },
    process: {
      ...(isAboutProcess ? whole(process) : brief(process)),
      ...processFields,
      ...(process.parent === null
        ? {}
        : { parent: isAboutProcess ? withArgs(process.parent) : brief(process.parent) }),
      Ext: { ancestry: ancestry(process) },
    },
    user: process.user,
    ...(process.container === null ? {} : { container: { id: process.container } }),
    ...fields,
  });
}

function brief({ entityId, pid, program }: Process): Record<string, unknown> {
  return { entity_id: entityId, pid, name: program.name, executable: program.executable };
}

function withArgs(process: Process): Record<string, unknown> {
  return { ...brief(process), args: process.args, args_count: process.args.length };
}

function whole(process: Process): Record<string, unknown> {
  return {
    ...withArgs(process),
    command_line: process.commandLine,
    working_directory: process.directory,
  };
}

function ancestry(process: Process): string[] {
  const ids: string[] = [];
  for (let at = process.parent; at !== null && ids.length < ancestryLength; at = at.parent) {
    ids.push(at.entityId);
  }
  return ids;
}
