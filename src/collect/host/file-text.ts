/** The member `file` of events. */

import type { FileActivity, FileFacts } from "./activity.ts";
import type { FileContent } from "./file-contents.ts";
import { IsoTexts } from "./iso-texts.ts";
import {
  idMember,
  numberMember,
  objectMember,
  plainMember,
  quote,
  textMember,
} from "./json-text.ts";

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

/** Names of a file's owner and group as they were when it was seen; null where there are none. */
export interface FileNames {
  readonly owner: string | null;
  readonly group: string | null;
}

/** `,"file":{...}` of a file activity, and the call where the sensor tells it; `content` where it is known. */
export function fileMember(
  activity: FileActivity,
  names: FileNames,
  content: FileContent | null,
): string {
  const { change, path, otherPath, header, call, file } = activity;
  const isLink = change === "link" || change === "symlink";
  const original = change === "rename" && otherPath !== null ? originalMember(otherPath) : "";
  const device = activity.file?.device ?? null;
  const extension =
    original +
    numberMember("entropy", content === null ? null : content.entropy) +
    plainMember("header_bytes", headerText(header)) +
    numberMember("device", device);
  return (
    `,"file":{${pathMembers(path)}` +
    plainMember("type", fileType(file, change)) +
    (file === null ? "" : factMembers(file, names)) +
    textMember("target_path", isLink ? otherPath : null) +
    objectMember("hash", plainMember("sha256", content?.sha256 ?? null)) +
    `${objectMember("Ext", extension)}}` +
    (call === null ? "" : `,"auditd":{"data":{"syscall":${quote(call)}}}`)
  );
}

/** `"path":...,"name":...,"extension":...,"directory":...`, without a comma in front. */
export function pathMembers(path: string): string {
  const quoted = quote(path);
  // Where nothing of it had to be escaped, nothing of its parts has to be.
  const member = quoted.length === path.length + 2 ? plainMember : textMember;
  return (
    `"path":${quoted}` +
    member("name", nameOf(path)) +
    member("extension", extensionOf(path)) +
    member("directory", directoryOf(path))
  );
}

/** The last component; null where there is none. */
export function nameOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name === "" ? null : name;
}

/** Of the last component what comes after its last dot; null where there is none, or only one at the beginning. */
export function extensionOf(path: string): string | null {
  const dot = path.lastIndexOf(".");
  const begin = path.lastIndexOf("/") + 1;
  return dot <= begin || dot === path.length - 1 ? null : path.slice(dot + 1);
}

/** All but the last component; null where there is only one. */
export function directoryOf(path: string): string | null {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? null : path.slice(0, Math.max(slash, 1));
}

function originalMember(path: string): string {
  const members =
    textMember("path", path) +
    textMember("name", nameOf(path)) +
    textMember("extension", extensionOf(path));
  return objectMember("original", members);
}

/** `file.type`; null where it is not known. */
export function fileType(facts: FileFacts | null, change: FileActivity["change"]): string | null {
  const type = change === "symlink" ? "symlink" : null;
  const mode = facts?.mode ?? null;
  return mode === null ? type : (fileTypes.get(mode & 0o170000) ?? type);
}

/** `file.mode`; null where it is not known. */
export function modeText(facts: FileFacts | null): string | null {
  const mode = facts?.mode ?? null;
  return mode === null ? null : (mode & 0o7777).toString(8).padStart(4, "0");
}

/** `file.Ext.header_bytes`; null where they were not read. */
export function headerText(header: Uint8Array | null): string | null {
  return header === null ? null : Buffer.from(header).toString("hex");
}

function factMembers(facts: FileFacts, { owner, group }: FileNames): string {
  const { uid, gid, ctimeNs, mtimeNs } = facts;
  return (
    numberMember("size", facts.sizeBytes) +
    idMember("inode", facts.inode) +
    plainMember("mode", modeText(facts)) +
    idMember("uid", uid) +
    idMember("gid", gid) +
    textMember("owner", owner) +
    textMember("group", group) +
    plainMember("ctime", ctimeNs === null ? null : ctimes.format(ctimeNs)) +
    plainMember("mtime", mtimeNs === null ? null : mtimes.format(mtimeNs))
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
