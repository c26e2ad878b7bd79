/** What file events hold beside their process: its text is made only for those who ask for it. */
import type { OwnPlace, OwnValues } from "../../event/pieced-event.ts";
import type { FileActivity } from "./activity.ts";
import type { FileContent } from "./file-contents.ts";
import {
  directoryOf,
  extensionOf,
  type FileNames,
  fileMember,
  fileType,
  headerText,
  modeText,
  nameOf,
} from "./file-text.ts";
import type { Particulars } from "./host-event.ts";
import { objectMember } from "./json-text.ts";

/** In the order of `value`'s cases. */
const places: readonly OwnPlace[] = [
  { path: "file.path", type: "keyword" },
  { path: "file.name", type: "keyword" },
  { path: "file.extension", type: "keyword" },
  { path: "file.directory", type: "keyword" },
  { path: "file.type", type: "keyword" },
  { path: "file.mode", type: "keyword" },
  { path: "file.owner", type: "keyword" },
  { path: "file.group", type: "keyword" },
  { path: "file.target_path", type: "keyword" },
  { path: "file.hash.sha256", type: "keyword" },
  { path: "file.Ext.original.path", type: "keyword" },
  { path: "file.Ext.original.name", type: "keyword" },
  { path: "file.Ext.original.extension", type: "keyword" },
  { path: "file.Ext.header_bytes", type: "keyword" },
  { path: "auditd.data.syscall", type: "keyword" },
  { path: "event.outcome", type: "keyword" },
  // Rules seldom ask for these; numbers may be larger than what is exact as a number.
  ...[
    ...["file.size", "file.inode", "file.uid", "file.gid", "file.ctime", "file.mtime"],
    ...["file.Ext.entropy", "file.Ext.device", "kestrel.racy", "kestrel.unknown_process"],
  ].map((path) => ({ path, type: "text" }) as const),
];

export class FileParticulars implements Particulars, OwnValues {
  /** Sensors tell of files only what was done. */
  readonly outcome = "success";
  readonly extension = "";
  readonly process = "";
  readonly places: readonly OwnPlace[] = places;
  readonly #activity: FileActivity;
  readonly #names: FileNames;
  readonly #content: FileContent | null;
  readonly #marks: string;

  /** `marks` are members of `kestrel`, with a comma in front. */
  constructor(
    activity: FileActivity,
    names: FileNames,
    content: FileContent | null,
    marks: string,
  ) {
    this.#activity = activity;
    this.#names = names;
    this.#content = content;
    this.#marks = marks;
  }

  get values(): OwnValues {
    return this;
  }

  get sectionChars(): number {
    const { path, otherPath } = this.#activity;
    // The path is told whole and in parts.
    return 2 * (path.length + (otherPath?.length ?? 0)) + factChars;
  }

  get sections(): string {
    return (
      fileMember(this.#activity, this.#names, this.#content) + objectMember("kestrel", this.#marks)
    );
  }

  value(place: number): string | null {
    const { path, file, call, change } = this.#activity;
    switch (place) {
      case 0:
        return path;
      case 1:
        return nameOf(path);
      case 2:
        return extensionOf(path);
      case 3:
        return directoryOf(path);
      case 4:
        return fileType(file, change);
      case 5:
        return modeText(file);
      case 6:
        return this.#names.owner;
      case 7:
        return this.#names.group;
      case 14:
        return call;
      case 15:
        return this.outcome;
      default:
        return this.#rareValue(place);
    }
  }

  #rareValue(place: number): string | null {
    const { otherPath, change, header } = this.#activity;
    const original = change === "rename" ? otherPath : null;
    switch (place) {
      case 8:
        return change === "link" || change === "symlink" ? otherPath : null;
      case 9:
        return this.#content?.sha256 ?? null;
      case 10:
        return original;
      case 11:
        return original === null ? null : nameOf(original);
      case 12:
        return original === null ? null : extensionOf(original);
      default:
        return headerText(header);
    }
  }
}

/** Units of the text of a file's facts and of their keys, at most about. */
const factChars = 1024;
