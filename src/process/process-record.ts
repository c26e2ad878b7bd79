/** What the process table tells of a process. */

/** What is known of a process. */
export interface ProcessRecord {
  /** The process's entity id; its pid as text where no event gave one. */
  readonly entityId: string;
  readonly pid: number | null;
  readonly name: string | null;
  readonly executable: string | null;
  readonly commandLine: string | null;
}

/** What tells a process from others; null where no event said it. */
export interface ProcessIdentity {
  /** Empty where its events name no host. */
  readonly hostId: string;
  readonly entityId: string | null;
  readonly pid: string | null;
}

/** Names a process among those of all hosts: by its entity id, or by its pid where it has none. */
export function processKey({ hostId, entityId, pid }: ProcessIdentity): string {
  return `${hostId}\n${entityId ?? `pid:${pid}`}`;
}
