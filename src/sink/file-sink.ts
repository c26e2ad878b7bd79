/** Alerts to a file, which is created even when no alert comes. */
import type { Alert } from "../alert/alert.ts";
import type { AlertFormat, Sink, SinkCounters } from "./contract.ts";
import { TextFile } from "./text-file.ts";

/**
 * Opens `path` for writing, emptying it. Throws what the file system says when that fails; from then
 * on a failure to write is a counted loss.
 */
export function openFileSink(path: string, format: AlertFormat): Sink {
  return new FileSink(new TextFile(path), format);
}

class FileSink implements Sink {
  readonly #file: TextFile;
  readonly #format: AlertFormat;

  constructor(file: TextFile, format: AlertFormat) {
    this.#file = file;
    this.#format = format;
  }

  get counters(): SinkCounters {
    return { written: this.#file.written, lost: this.#file.lost };
  }

  write(alert: Alert): void {
    this.#file.write(this.#format(alert));
  }

  async flush(): Promise<void> {
    this.#file.flush();
  }

  async close(): Promise<void> {
    this.#file.close();
  }
}
