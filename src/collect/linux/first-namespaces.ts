import { statSync } from "node:fs";

/** Inodes of the first namespaces (include/linux/proc_ns.h: PROC_PID_INIT_INO, PROC_USER_INIT_INO). */
const firstNamespaces: ReadonlyMap<string, bigint> = new Map([
  ["pid", 0xeffffffcn],
  ["user", 0xeffffffdn],
]);

/** What of this process is not in the machine's first namespaces, in a word or two; null if all is. */
export function whyInsideNamespace(): string | null {
  for (const [kind, first] of firstNamespaces) {
    const own = statSync(`/proc/self/ns/${kind}`, { bigint: true, throwIfNoEntry: false });
    if (own !== undefined && own.ino !== first) return `not in the first ${kind} namespace`;
  }
  return null;
}
