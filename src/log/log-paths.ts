/**
 * How the files of a log are called: `NAME.klog` is its first segment, `NAME.000001.klog` the second and
 * so on. Rotation makes further ones, retention removes the oldest.
 */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { compareByCodePoint } from "../base/text-order.ts";

const extension = ".klog";
const numbered: RegExp = /^(.*)\.(\d{6,})\.klog$/s;

/** The path of a segment of the log whose first one is `path`. */
export function segmentPath(path: string, segment: number): string {
  if (segment === 0) return path;
  const stem = path.endsWith(extension) ? path.slice(0, -extension.length) : path;
  return `${stem}.${String(segment).padStart(6, "0")}${extension}`;
}

/** Which segment a path names, and the path of the log's first one. */
export function segmentOf(path: string): { readonly first: string; readonly segment: number } {
  const match = numbered.exec(path);
  if (match === null) return { first: path, segment: 0 };
  return { first: `${match[1]}${extension}`, segment: Number(match[2]) };
}

/** The paths of the segments of the log `path` that there are, in order. */
export function segmentsOf(path: string): string[] {
  const folder = dirname(path);
  const names = listFolder(folder).filter((name) => {
    const { first, segment } = segmentOf(name);
    return first === basename(path) && (segment > 0 || name === basename(path));
  });
  return names
    .sort((a, b) => segmentOf(a).segment - segmentOf(b).segment)
    .map((name) => join(folder, name));
}

/** Whether an input is a log or a folder of logs by its name. */
export function namesLog(input: string): boolean {
  if (input === "-") return false;
  return input.endsWith(extension) || isFolder(input);
}

/**
 * The segments that an input names: all logs of a folder, all segments of the log whose first one is
 * named, or the one that is named by its number.
 */
export function pathsOf(input: string): string[] {
  if (isFolder(input)) {
    const names = listFolder(input).filter((name) => name.endsWith(extension));
    return names.sort(compareByCodePoint).map((name) => join(input, name));
  }
  if (numbered.test(input)) return [input];
  const segments = segmentsOf(input);
  return segments.length === 0 ? [input] : segments;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
