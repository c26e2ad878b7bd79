/** Reads the directory of a block, and believes nothing in it that does not fit. */
import type { Buffer } from "node:buffer";
import { type Directory, directoryStart } from "./block-format.ts";
import { LogError } from "./log-error.ts";
import { unpack } from "./section.ts";

/** The directory of a payload, and where its sections begin. Throws a LogError. */
export function readDirectory(payload: Buffer): {
  readonly directory: Directory;
  readonly base: number;
} {
  if (payload.length < directoryStart) throw new LogError("unreadable", "a block has no directory");
  const base = directoryStart + payload.readUInt32LE(0);
  if (base > payload.length) throw new LogError("unreadable", "the directory is cut off");
  const raw = unpack(payload.subarray(directoryStart, base), payload.readUInt32LE(4));
  const directory = parse(raw);
  if (isDirectory(directory)) return { directory, base };
  throw new LogError("unreadable", "the directory of a block has other members than it should");
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString("utf8"));
  } catch (error) {
    throw new LogError("unreadable", "the directory of a block is no JSON", error);
  }
}

function isDirectory(value: unknown): value is Directory {
  if (typeof value !== "object" || value === null) return false;
  const directory = value as Partial<Record<keyof Directory, unknown>>;
  const { rows, longest, depth, categories, pages, columns } = directory;
  return (
    [rows, longest, depth].every(isCount) &&
    [directory.times, directory.lengths].every(isSection) &&
    [directory.kinds, directory.unusual, directory.entities].every(
      (section) => section === null || isSection(section),
    ) &&
    (categories === null || isListOf(categories, (name) => typeof name === "string")) &&
    isListOf(pages, (page) => Array.isArray(page) && isCount(page[0]) && isSection(page[1])) &&
    isListOf(columns, isColumn)
  );
}

const widths: ReadonlySet<unknown> = new Set([0, 1, 2, 4]);

function isColumn(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 9) return false;
  const [path, ...rest] = value as unknown[];
  const [width, section] = rest.slice(6);
  const counts = rest.slice(0, 6);
  return (
    typeof path === "string" && counts.every(isCount) && widths.has(width) && isSection(section)
  );
}

function isSection(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every(isCount);
}

function isListOf(value: unknown, isOne: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff;
}
