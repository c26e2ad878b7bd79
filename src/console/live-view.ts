/** A picture on a terminal that is drawn anew in place: only lines that changed are written. */

const introducer = "\u001b";

export class LiveView {
  readonly #write: (text: string) => void;
  readonly #size: () => { readonly rows: number };
  #lines: readonly string[] = [];

  /** `size` is asked at each drawing; what does not fit is left out. */
  constructor(write: (text: string) => void, size: () => { readonly rows: number }) {
    this.#write = write;
    this.#size = size;
    // The other screen, without line wrap and cursor.
    write(`${introducer}[?1049h${introducer}[?7l${introducer}[?25l${introducer}[2J`);
  }

  draw(text: string): void {
    const lines = text.split("\n").slice(0, this.#size().rows);
    let output = "";
    for (let row = 0; row < Math.max(lines.length, this.#lines.length); row += 1) {
      const line = lines[row] ?? "";
      if (line !== this.#lines[row]) output += `${introducer}[${row + 1};1H${line}${introducer}[K`;
    }
    this.#lines = lines;
    if (output !== "") this.#write(output);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.#write(`${introducer}[?25h${introducer}[?7h${introducer}[?1049l`);
  }
}
