/** The source `fanotify:PATH`. */

import type { MakeEvents } from "../counted-events.ts";
import { DrainedSource } from "../drained-source.ts";
import type { SourceOffer } from "../source.ts";
import { probeFanotify } from "./fanotify-group.ts";
import { FileWatch, type FileWatchOptions } from "./file-watch.ts";
import { execFields, fileFields, offeredFields } from "./offered-fields.ts";

export interface FileWatchSourceOptions extends FileWatchOptions {
  readonly makeEvents: MakeEvents;
}

/** What fanotify would give on this machine; whether a path can be marked shows when it is opened. */
export function offerFileWatch(): SourceOffer {
  const capability = probeFanotify();
  const fields = offeredFields({
    already_running: execFields,
    creation: fileFields,
    modification: fileFields,
    attribute_change: fileFields,
    rename: [...fileFields, ...originalFields],
    link: fileFields,
    symlink: [...fileFields, "file.target_path"],
    deletion: deletionFields,
    open: fileFields,
  });
  return {
    source: "fanotify",
    available: capability.available,
    capabilities: [capability],
    actions: [...fields.keys()],
    fields,
  };
}

const originalFields: readonly string[] = [
  "file.Ext.original.path",
  "file.Ext.original.name",
  "file.Ext.original.extension",
];
const deletionFields: readonly string[] = fileFields.filter(
  (name) => !/^file\.(type|size|inode|mode|uid|gid)$/.test(name),
);

/** Marks the path. Throws a SourceError where the kernel refuses. */
export function openFileWatch(options: FileWatchSourceOptions): DrainedSource {
  return new DrainedSource("fanotify", new FileWatch(options), options.makeEvents);
}
