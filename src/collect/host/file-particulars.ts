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
import { flat, objectMember } from "./json-text.ts";

/** In the order of `value`'s cases. */
const places: readonly OwnPlace[] = [
  { path: "file.path", isTold: true },
  { path: "file.name", isTold: true },
  { path: "file.extension", isTold: true },
  { path: "file.directory", isTold: true },
  { path: "file.type", isTold: true },
  { path: "file.mode", isTold: true },
  { path: "file.owner", isTold: true },
  { path: "file.group", isTold: true },
  { path: "file.target_path", isTold: true },
  { path: "file.hash.sha256", isTold: true },
  { path: "file.Ext.original.path", isTold: true },
  { path: "file.Ext.original.name", isTold: true },
  { path: "file.Ext.original.extension", isTold: true },
  { path: "file.Ext.header_bytes", isTold: true },
  { path: "auditd.data.syscall", isTold: true },
  { path: "event.outcome", isTold: true },
  // Rules seldom ask for these; numbers may be larger than what is exact as a number.
  ...[
    ...["file.size", "file.inode", "file.uid", "file.gid", "file.ctime", "file.mtime"],
    ...["file.Ext.entropy", "file.Ext.device", "kestrel.racy", "kestrel.unknown_process"],
  ].map((path) => ({ path, isTold: false })),
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

  /** In one piece: sequences keep texts of events, and many small pieces would cost more than they save. */
  get sections(): string {
    const file = fileMember(this.#activity, this.#names, this.#content);
    return flat(file + objectMember("kestrel", this.#marks));
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
