/** A progress bar on a terminal; nothing at all elsewhere. */

/** Shows how far a long work is. `end` takes the bar away. */
export interface Progress {
  /** `fraction` is `0 <= fraction <= 1`, or null where the end is not known. */
  show(label: string, fraction: number | null): void;
  end(): void;
}

/** What a progress bar needs of standard error. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const barWidth = 24;
const intervalMs = 100;

/** A bar on `stream`, or one that shows nothing where that is no terminal. `nowMs` is any clock. */
export function createProgress(stream: ProgressStream, nowMs: () => number): Progress {
  if (stream.isTTY !== true) return { show: () => undefined, end: () => undefined };
  return new ProgressBar(stream, nowMs);
}

/** `label  ███████░░░  70 %`, or the label alone, cut to `columns`. */
export function progressLine(label: string, fraction: number | null, columns: number): string {
  if (fraction === null) return label.slice(0, Math.max(0, columns - 1));
  const bounded = Math.min(1, Math.max(0, fraction));
  const full = Math.floor(bounded * barWidth);
  const bar = "█".repeat(full) + "░".repeat(barWidth - full);
  const percent = `${Math.floor(bounded * 100)} %`.padStart(5);
  return `${label}  ${bar} ${percent}`.slice(0, Math.max(0, columns - 1));
}

class ProgressBar implements Progress {
  readonly #stream: ProgressStream;
  readonly #nowMs: () => number;
  #shownMs = Number.NEGATIVE_INFINITY;
  #visible = false;

  constructor(stream: ProgressStream, nowMs: () => number) {
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  show(label: string, fraction: number | null): void {
    const now = this.#nowMs();
    if (now - this.#shownMs < intervalMs) return;
    this.#shownMs = now;
    this.#visible = true;
    this.#stream.write(`\r\u001b[K${progressLine(label, fraction, this.#stream.columns ?? 80)}`);
  }

  end(): void {
    if (this.#visible) this.#stream.write("\r\u001b[K");
    this.#visible = false;
  }
}
