/** The member `file` of events. */

import type { Accounts } from "./accounts.ts";
import type { FileActivity, FileFacts } from "./activity.ts";
import type { FileContent } from "./file-contents.ts";
import { IsoTexts } from "./iso-texts.ts";
import { idMember, numberMember, objectMember, quote, textMember } from "./json-text.ts";

/** `event.action` of what happens to a file. */
export const fileActions: Readonly<Record<FileActivity["change"], string>> = {
  creation: "creation",
  open: "open",
  modification: "modification",
  rename: "rename",
  deletion: "deletion",
  link: "link",
  symlink: "symlink",
  attributes: "attribute_change",
};

/** `,"file":{...}` of a file activity, and the call where the sensor tells it; `content` where it is known. */
export function fileMember(
  activity: FileActivity,
  accounts: Accounts,
  content: FileContent | null,
): string {
  const { change, path, otherPath, header, call } = activity;
  const isLink = change === "link" || change === "symlink";
  const original = change === "rename" && otherPath !== null ? originalMember(otherPath) : "";
  const device = activity.file?.device ?? null;
  const extension =
    original +
    numberMember("entropy", content === null ? null : content.entropy) +
    textMember("header_bytes", header === null ? null : Buffer.from(header).toString("hex")) +
    numberMember("device", device);
  return (
    `,"file":{${pathMembers(path)}` +
    factMembers(activity.file, accounts, change === "symlink" ? "symlink" : null) +
    textMember("target_path", isLink ? otherPath : null) +
    objectMember("hash", textMember("sha256", content?.sha256 ?? null)) +
    `${objectMember("Ext", extension)}}` +
    (call === null ? "" : `,"auditd":{"data":{"syscall":${quote(call)}}}`)
  );
}

/** `"path":...,"name":...,"extension":...,"directory":...`, without a comma in front. */
export function pathMembers(path: string): string {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const directory = slash === -1 ? null : path.slice(0, Math.max(slash, 1));
  return (
    `"path":${quote(path)}` +
    textMember("name", name === "" ? null : name) +
    textMember("extension", extensionOf(name)) +
    textMember("directory", directory)
  );
}

/** What comes after the last dot; null where there is none, or only one at the beginning. */
function extensionOf(name: string): string | null {
  const dot = name.lastIndexOf(".");
  return dot <= 0 || dot === name.length - 1 ? null : name.slice(dot + 1);
}

function originalMember(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const members =
    textMember("path", path) +
    textMember("name", name) +
    textMember("extension", extensionOf(name));
  return objectMember("original", members);
}

function factMembers(facts: FileFacts | null, accounts: Accounts, type: string | null): string {
  if (facts === null) return textMember("type", type);
  const { mode, uid, gid, ctimeNs, mtimeNs } = facts;
  return (
    textMember("type", mode === null ? type : (fileTypes.get(mode & 0o170000) ?? type)) +
    numberMember("size", facts.sizeBytes) +
    idMember("inode", facts.inode) +
    textMember("mode", mode === null ? null : (mode & 0o7777).toString(8).padStart(4, "0")) +
    idMember("uid", uid) +
    idMember("gid", gid) +
    textMember("owner", uid === null ? null : accounts.userName(uid)) +
    textMember("group", gid === null ? null : accounts.groupName(gid)) +
    textMember("ctime", ctimeNs === null ? null : ctimes.format(ctimeNs)) +
    textMember("mtime", mtimeNs === null ? null : mtimes.format(mtimeNs))
  );
}

/** Two, since the times of one file often lie in different seconds. */
const ctimes: IsoTexts = new IsoTexts();
const mtimes: IsoTexts = new IsoTexts();

/** File types of st_mode, from include/uapi/linux/stat.h. */
const fileTypes: ReadonlyMap<number, string> = new Map([
  [0o140000, "socket"],
  [0o120000, "symlink"],
  [0o100000, "file"],
  [0o060000, "block_device"],
  [0o040000, "dir"],
  [0o020000, "char_device"],
  [0o010000, "fifo"],
]);
