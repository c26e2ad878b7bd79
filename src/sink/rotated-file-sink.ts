/** Alerts to a file that is set aside when it is large: `alerts.jsonl`, `alerts.jsonl.1`, and so on. */
import { renameSync, rmSync } from "node:fs";
import type { Alert } from "../alert/alert.ts";
import type { AlertFormat, Sink, SinkCounters } from "./contract.ts";
import { TextFile } from "./text-file.ts";

export interface RotationOptions {
  readonly format: AlertFormat;
  /** Bytes of a file before another one is begun; an alert is never cut in two. */
  readonly fileBytes: number;
  /** Files that are kept beside the one that is written; the oldest goes. */
  readonly keptFiles: number;
  /** Whether each flush waits for the disk. */
  readonly isSynced: boolean;
}

/** Opens `path` and goes on at its end. Throws what the file system says where that fails. */
export function openRotatedFileSink(path: string, options: RotationOptions): Sink {
  return new RotatedFileSink(path, options);
}

class RotatedFileSink implements Sink {
  readonly #path: string;
  readonly #options: RotationOptions;
  #file: TextFile;
  /** Of the present file, with what is not written yet. */
  #sizeBytes: number;
  /** Of files that were set aside. */
  #written = 0;
  #lost = 0;

  constructor(path: string, options: RotationOptions) {
    this.#path = path;
    this.#options = options;
    this.#file = new TextFile(path, "append");
    this.#sizeBytes = this.#file.sizeBytes;
  }

  get counters(): SinkCounters {
    return {
      written: this.#written + this.#file.written,
      lost: this.#lost + this.#file.lost,
    };
  }

  write(alert: Alert): void {
    const text = this.#options.format(alert);
    const sizeBytes = Buffer.byteLength(text);
    if (this.#sizeBytes > 0 && this.#sizeBytes + sizeBytes > this.#options.fileBytes) {
      this.#rotate();
    }
    this.#file.write(text);
    this.#sizeBytes += sizeBytes;
  }

  async flush(): Promise<void> {
    if (this.#options.isSynced) this.#file.sync();
    else this.#file.flush();
  }

  async close(): Promise<void> {
    await this.flush();
    this.#file.close();
  }

  /** Where the file system refuses, the present file is written on, and the next alert tries again. */
  #rotate(): void {
    this.#file.flush();
    const { keptFiles, isSynced } = this.#options;
    try {
      const names = Array.from({ length: keptFiles }, (_, index) => `${this.#path}.${index + 1}`);
      rmSync(names.at(-1) ?? this.#path, { force: true });
      for (let index = keptFiles - 1; index >= 0; index -= 1) {
        moveIfThere(index === 0 ? this.#path : names[index - 1]!, names[index]!);
      }
      const next = new TextFile(this.#path, "append");
      if (isSynced) this.#file.sync();
      this.#file.close();
      this.#written += this.#file.written;
      this.#lost += this.#file.lost;
      this.#file = next;
      this.#sizeBytes = next.sizeBytes;
    } catch {
      // Nothing is lost by it: the file grows beyond its size.
    }
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
