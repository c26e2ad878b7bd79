/** Why what a rule asks for is not supplied, as far as that is known of fields and actions. */
import { userActions } from "../collect/audit/user-events.ts";
import { findAction } from "../schema/event-table.ts";

interface Reason {
  /** What a missing name begins with: a field, or `field: value`. */
  readonly start: string;
  readonly why: string;
}

const notRecorded = "the audit source tells of it; nothing is recorded of that source";
const ofKubernetes = "it comes from the audit log of Kubernetes";
const ofTraffic = "it comes from a capture of web traffic";
const ofRuntime = "only the container's runtime knows it";
const ofDetector = "it comes from an intrusion detection system";

/** In the order in which they are asked: what no host can know comes before what a source could tell. */
const reasons: readonly Reason[] = [
  { start: "kubernetes.", why: ofKubernetes },
  { start: "orchestrator.", why: ofKubernetes },
  { start: "kibana.", why: "it comes from alerts of Elastic's detection engine" },
  { start: "http.", why: ofTraffic },
  { start: "url.", why: ofTraffic },
  { start: "container.security_context.", why: ofRuntime },
  { start: "container.image.", why: ofRuntime },
  { start: "container.name", why: ofRuntime },
  { start: "event.severity", why: ofDetector },
  { start: "rule.", why: ofDetector },
  { start: "event.action: c2_communication", why: "it comes from a firewall (PAN-OS)" },
  {
    start: "event.action: load_module",
    why: "the eBPF and audit sources tell of it; the recorded machine's kernel has no modules",
  },
  { start: "auditd.", why: notRecorded },
  { start: "event.type: user", why: notRecorded },
  { start: "event.type: group", why: notRecorded },
];

/** The reason for one of the missing names, the one that says most; null where none is known. */
export function reasonOf(missing: readonly string[]): string | null {
  const known = reasons.find(({ start }) => missing.some((name) => name.startsWith(start)));
  if (known !== undefined) return known.why;
  const actions = missing
    .filter((name) => name.startsWith("event.action: "))
    .map((name) => name.slice("event.action: ".length));
  for (const name of actions) {
    const found = findAction(name);
    // Of one action the other names are listed beside ours in rules for several sensors.
    const isOwn = found?.name === name && userActions.includes(name);
    if (isOwn) return notRecorded;
  }
  const ours = actions.map((name) => [name, findAction(name)?.name] as const);
  const other = ours.find(([name, own]) => own !== undefined && own !== name);
  return other === undefined ? null : `${other[0]} is Auditbeat's name for ${other[1]}`;
}
