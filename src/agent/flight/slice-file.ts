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
  readonly #path: string;
  readonly #limits: Limits;

  /** Makes the folder where it is missing. Throws a CommandFailure where that can't be done. */
  constructor(path: string, limits: Limits) {
    this.#path = path;
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

  /** Begins a slice, which takes the place of one of that name. Throws a LogError. */
  open(name: string, origin: LogOrigin): SliceFile {
    return new SliceFile(join(this.#path, name), origin, this.#limits, (bytes, before) => {
      if (before === null) this.files += 1;
      this.sizeBytes += bytes - (before ?? 0);
    });
  }
}

/** A slice that is being written. Give it up where one of its methods throws. */
export class SliceFile {
  readonly #path: string;
  readonly #draft: string;
  readonly #log: LogWriter;
  readonly #onEnd: (bytes: number, before: number | null) => void;
  #failure: LogError | null = null;

  constructor(
    path: string,
    origin: LogOrigin,
    limits: Limits,
    onEnd: (bytes: number, before: number | null) => void,
  ) {
    this.#path = path;
    this.#draft = `${path}${draftEnding}`;
    this.#onEnd = onEnd;
    // The log would be continued.
    this.#attempt(() => rmSync(this.#draft, { force: true }));
    this.#log = new LogWriter({
      path: this.#draft,
      limits,
      origin: () => origin,
      nowMs: () => 0,
      sync: "never",
      blockMs: Number.POSITIVE_INFINITY,
      segmentBytes: Number.POSITIVE_INFINITY,
      segmentMs: Number.POSITIVE_INFINITY,
      retainBytes: Number.POSITIVE_INFINITY,
      onLoss: (error) => {
        this.#failure = error;
      },
    });
  }

  /** Writes records as one block. Throws a LogError. */
  write(records: readonly TimedRecord[]): void {
    for (const { record, timeNs } of records) this.#log.write(record, timeNs);
    this.#log.flush();
    this.#check();
  }

  /** The slice is whole: it gets its name. Returns its bytes. Throws a LogError. */
  end(): number {
    this.#log.close();
    this.#check();
    return this.#attempt(() => {
      const { size } = statSync(this.#draft);
      const before = statSync(this.#path, { throwIfNoEntry: false })?.size ?? null;
      renameSync(this.#draft, this.#path);
      this.#onEnd(size, before);
      return size;
    });
  }

  /** Removes what was written, as far as that can be done. */
  giveUp(): void {
    this.#log.close();
    try {
      rmSync(this.#draft, { force: true });
    } catch {
      // The next run tries it again.
    }
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #attempt<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw error instanceof LogError ? error : systemError("write", this.#path, error);
    }
  }
}
