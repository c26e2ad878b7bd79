/** Makes events of what programs report to the audit system: logins, sessions, accounts, anomalies. */
import { canonicalIp } from "../../base/ip.ts";
import { formatIso } from "../../base/time.ts";
import { type HostFacts, hostMembers } from "../host/host-facts.ts";
import { idMember, numberMember, objectMember, textMember } from "../host/json-text.ts";
import type { AuditRecord } from "./record.ts";
import { numberOf, textOf } from "./record.ts";

/** Category, type and action of a type of records. */
interface Meaning {
  readonly category: string;
  readonly type: string;
  readonly action: string;
}

const meanings: Readonly<Record<string, Meaning>> = {
  USER_LOGIN: meaning("authentication", "start", "login"),
  USER_AUTH: meaning("authentication", "info", "authenticated"),
  USER_ACCT: meaning("authentication", "info", "was-authorized"),
  USER_ERR: meaning("authentication", "info", "had-authentication-error"),
  CRED_ACQ: meaning("authentication", "info", "acquired-credentials"),
  CRED_REFR: meaning("authentication", "info", "refreshed-credentials"),
  CRED_DISP: meaning("authentication", "info", "disposed-credentials"),
  LOGIN: meaning("authentication", "start", "changed-login-id-to"),
  ANOM_LOGIN_FAILURES: meaning("authentication", "start", "failed-log-in-too-many-times-to"),
  USER_START: meaning("session", "start", "started-session"),
  USER_END: meaning("session", "end", "ended-session"),
  USER_LOGOUT: meaning("session", "end", "logged-out"),
  USER_CHAUTHTOK: meaning("iam", "change", "changed-password"),
  ADD_USER: meaning("iam", "creation", "added-user-account"),
  DEL_USER: meaning("iam", "deletion", "deleted-user-account"),
  ADD_GROUP: meaning("iam", "creation", "added-group-account-to"),
  DEL_GROUP: meaning("iam", "deletion", "deleted-group-account-from"),
  GRP_MGMT: meaning("iam", "change", "changed-group"),
  ACCT_LOCK: meaning("iam", "change", "locked-account"),
  ANOM_ABEND: meaning("process", "end", "crashed-program"),
  ANOM_PROMISCUOUS: meaning("network", "change", "changed-promiscuous-mode-on-device"),
};

function meaning(category: string, type: string, action: string): Meaning {
  return { category, type, action };
}

/** Types of records that events are made of by themselves. */
export const userRecordTypes: ReadonlySet<string> = new Set(Object.keys(meanings));

export class UserEvents {
  readonly #host: string;
  #sequence = 0;

  constructor(host: HostFacts) {
    this.#host = hostMembers(host);
  }

  /** The JSON text of the event that a record is; null for types that no event is made of. */
  describe(record: AuditRecord): string | null {
    const found = Object.hasOwn(meanings, record.type) ? meanings[record.type]! : null;
    if (found === null) return null;
    this.#sequence += 1;
    const { fields } = record;
    const event = {
      id: `audit-${record.timeNs / 1_000_000n}-${record.serial}-${this.#sequence}`,
      kind: "event",
      category: [found.category],
      type: [found.type],
      action: actionOf(record, found),
      outcome: outcomeOf(fields.get("res")?.text ?? fields.get("result")?.text),
      dataset: `kestrel.${found.category}`,
      module: "kestrel",
      provider: "audit",
    };
    const data = textMember("op", textOf(fields.get("op"))) + messageType(record);
    return (
      `{"@timestamp":"${formatIso(record.timeNs)}","event":${JSON.stringify(event)}` +
      `,"data_stream":{"dataset":"${event.dataset}"}${this.#host}` +
      processMember(record) +
      userMember(record) +
      sourceMember(record) +
      `${objectMember("auditd", objectMember("data", data))}}`
    );
  }
}

/** A login by sshd has a name of its own. */
function actionOf({ type, fields }: AuditRecord, { action }: Meaning): string {
  const isSsh = /(^|\/)sshd(-session)?$/.test(textOf(fields.get("exe")) ?? "");
  return type === "USER_LOGIN" && isSsh ? "ssh_login" : action;
}

function outcomeOf(result: string | undefined): string {
  if (result === "success" || result === "1" || result === "yes") return "success";
  return result === "failed" || result === "0" || result === "no" ? "failure" : "unknown";
}

function messageType({ type }: AuditRecord): string {
  return textMember("message_type", type.toLowerCase());
}

function processMember({ fields }: AuditRecord): string {
  const executable = textOf(fields.get("exe"));
  const name = executable?.slice(executable.lastIndexOf("/") + 1) ?? textOf(fields.get("comm"));
  const members =
    numberMember("pid", numberOf(fields.get("pid"))) +
    textMember("executable", executable) +
    textMember("name", name);
  return objectMember("process", members);
}

/** Who logs in, where that is said; otherwise whose login it is done in. */
function userMember({ fields }: AuditRecord): string {
  const id = numberOf(fields.get("id")) ?? numberOf(fields.get("auid"));
  // -1 stands for nobody, in either form.
  const isNobody = id === null || id < 0 || id === 0xffffffff;
  const name = textOf(fields.get("acct")) ?? textOf(fields.get("AUID"));
  const known = name === "unset" ? null : name;
  return objectMember("user", idMember("id", isNobody ? null : id) + textMember("name", known));
}

function sourceMember({ fields }: AuditRecord): string {
  const told = textOf(fields.get("addr")) ?? textOf(fields.get("hostname"));
  if (told === null) return "";
  const address = canonicalIp(told);
  const members = textMember("ip", address) + textMember("address", told);
  return objectMember("source", members);
}

/** All actions of these events. */
export const userActions: readonly string[] = [
  "ssh_login",
  ...new Set(Object.values(meanings).map(({ action }) => action)),
];
