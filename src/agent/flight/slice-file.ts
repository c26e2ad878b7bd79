/** A folder of slices: logs of one segment, each there whole or not at all. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Limits } from "../../base/limits.ts";
import { systemReason } from "../../base/system-reason.ts";
import { LogError, systemError } from "../../log/log-error.ts";
import { LogWriter } from "../../log/log-writer.ts";
import type { LogOrigin } from "../../log/segment-header.ts";
import { CommandFailure } from "../failure.ts";
import type { TimedRecord } from "./slice-check.ts";

/** Where slices go when nothing is said. */
export const defaultSlicesPath = "./flight-slices";

/** Ends the name of a slice that is not whole yet; what an earlier run left of them is removed. */
const draftEnding = ".part";

export class SliceFolder {
  /** Slices in the folder, and their bytes. */
  files: number = 0;
  sizeBytes: number = 0;
  readonly path: string;
  readonly #limits: Limits;

  /** Makes the folder where it is missing. Throws a CommandFailure where that can't be done. */
  constructor(path: string, limits: Limits) {
    this.path = path;
    this.#limits = limits;
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(path)) {
        if (name.endsWith(`.klog${draftEnding}`)) rmSync(join(path, name));
        if (!name.endsWith(".klog")) continue;
        this.files += 1;
        this.sizeBytes += statSync(join(path, name)).size;
      }
    } catch (error) {
      throw new CommandFailure(`can't write ${path}: ${systemReason(error)}`, undefined, error);
    }
  }

  /** Whether `waiting` more slices, of unknown size, and another one may be written. */
  hasRoom(waiting: number): boolean {
    const { sliceFiles, sliceFolderBytes } = this.#limits;
    return this.files + waiting < sliceFiles && this.sizeBytes < sliceFolderBytes;
  }

  /** Writes a slice, in place of one of that name, and returns its bytes. Throws a LogError. */
  write(name: string, origin: LogOrigin, records: readonly TimedRecord[]): number {
    const path = join(this.path, name);
    const draft = `${path}${draftEnding}`;
    let failure: LogError | null = null;
    try {
      rmSync(draft, { force: true });
      const log = new LogWriter({
        path: draft,
        limits: this.#limits,
        origin: () => origin,
        nowMs: () => 0,
        sync: "never",
        blockMs: Number.POSITIVE_INFINITY,
        segmentBytes: Number.POSITIVE_INFINITY,
        segmentMs: Number.POSITIVE_INFINITY,
        retainBytes: Number.POSITIVE_INFINITY,
        onLoss: (error) => {
          failure = error;
        },
      });
      for (const { record, timeNs } of records) log.write(record, timeNs);
      log.close();
      if (failure !== null) throw failure;
      const size = statSync(draft).size;
      const before = statSync(path, { throwIfNoEntry: false })?.size;
      renameSync(draft, path);
      if (before === undefined) this.files += 1;
      this.sizeBytes += size - (before ?? 0);
      return size;
    } catch (error) {
      rmSync(draft, { force: true });
      throw error instanceof LogError ? error : systemError("write", path, error);
    }
  }
}
