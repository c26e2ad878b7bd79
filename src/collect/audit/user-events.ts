/** Makes events of what programs report to the audit system: logins, sessions, accounts, anomalies. */
import { canonicalIp } from "../../base/ip.ts";
import { formatIso } from "../../base/time.ts";
import { pathMembers } from "../host/file-text.ts";
import { type HostFacts, hostMembers } from "../host/host-facts.ts";
import { idMember, numberMember, objectMember, textMember } from "../host/json-text.ts";
import type { AuditRecord } from "./record.ts";
import { numberOf, textOf } from "./record.ts";

/** Category, types (with blanks between) and action of a type of records. */
interface Meaning {
  readonly category: string;
  readonly types: string;
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
  USER_CHAUTHTOK: meaning("iam", "user change", "changed-password"),
  ADD_USER: meaning("iam", "user creation", "added-user-account"),
  DEL_USER: meaning("iam", "user deletion", "deleted-user-account"),
  ADD_GROUP: meaning("iam", "group creation", "added-group-account-to"),
  DEL_GROUP: meaning("iam", "group deletion", "deleted-group-account-from"),
  GRP_MGMT: meaning("iam", "group change", "changed-group"),
  ACCT_LOCK: meaning("iam", "user change", "locked-account"),
  ANOM_ABEND: meaning("process", "end", "crashed-program"),
  AVC: meaning("file", "change", "violated-apparmor-policy"),
  ANOM_PROMISCUOUS: meaning("network", "change", "changed-promiscuous-mode-on-device"),
};

function meaning(category: string, types: string, action: string): Meaning {
  return { category, types, action };
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
    if (found === null || isOtherPolicy(record)) return null;
    this.#sequence += 1;
    const event = {
      id: `audit-${record.timeNs / 1_000_000n}-${record.serial}-${this.#sequence}`,
      kind: "event",
      category: [found.category],
      type: found.types.split(" "),
      action: actionOf(record, found),
      outcome: outcomeOf(record),
      dataset: `kestrel.${found.category}`,
      module: "kestrel",
      provider: "audit",
    };
    const data = textMember("op", textOf(record.fields.get("op"))) + messageType(record);
    return (
      `{"@timestamp":"${formatIso(record.timeNs)}","event":${JSON.stringify(event)}` +
      `,"data_stream":{"dataset":"${event.dataset}"}${this.#host}` +
      processMember(record) +
      userMember(record) +
      sourceMember(record) +
      fileMember(record) +
      `${objectMember("auditd", resultMember(event.outcome) + objectMember("data", data))}}`
    );
  }
}

/** A record of SELinux, or one of AppArmor that says what it does and not what was against a profile. */
function isOtherPolicy({ type, fields }: AuditRecord): boolean {
  return type === "AVC" && !/^(DENIED|ALLOWED)$/.test(fields.get("apparmor")?.text ?? "");
}

/** A login by sshd has a name of its own. */
function actionOf({ type, fields }: AuditRecord, { action }: Meaning): string {
  const isSsh = /(^|\/)sshd(-session)?$/.test(textOf(fields.get("exe")) ?? "");
  return type === "USER_LOGIN" && isSsh ? "ssh_login" : action;
}

/** What a profile that only complains lets pass has happened. */
function outcomeOf({ fields }: AuditRecord): string {
  const verdict = fields.get("apparmor")?.text;
  if (verdict !== undefined) return verdict === "ALLOWED" ? "success" : "failure";
  const result = fields.get("res")?.text ?? fields.get("result")?.text;
  if (result === "success" || result === "1" || result === "yes") return "success";
  return result === "failed" || result === "0" || result === "no" ? "failure" : "unknown";
}

function resultMember(outcome: string): string {
  if (outcome === "unknown") return "";
  return textMember("result", outcome === "success" ? "success" : "fail");
}

/** What AppArmor kept from. */
function fileMember({ type, fields }: AuditRecord): string {
  const path = type === "AVC" ? textOf(fields.get("name")) : null;
  return path === null ? "" : `,"file":{${pathMembers(path)}}`;
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
