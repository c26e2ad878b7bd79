/** Which events are given up first when the processor's budget is overrun: the least valuable ones, row by row. */

export interface ShedRow {
  /** How messages name it. */
  readonly name: string;
  readonly category: string;
  /** Null for all of the category. */
  readonly action: string | null;
}

/**
 * In the order in which they are shed: what is frequent and seldom decides a rule comes first. Processes, logins,
 * modules and everything else that is not named are never shed.
 */
export const shedTable: readonly ShedRow[] = [
  { name: "file open", category: "file", action: "open" },
  { name: "library", category: "library", action: null },
  { name: "api", category: "api", action: null },
  { name: "network disconnect", category: "network", action: "disconnect_received" },
  { name: "file modification", category: "file", action: "modification" },
  { name: "dns", category: "dns", action: null },
  { name: "file", category: "file", action: null },
  { name: "network", category: "network", action: null },
];
