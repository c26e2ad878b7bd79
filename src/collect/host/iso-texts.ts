/** Writes moments as `formatIso` does, faster where many lie in one second. */
import { formatIso } from "../../base/time.ts";

const nsPerSecond = 1_000_000_000n;

export class IsoTexts {
  /** Begin of the second at hand, ns. */
  #secondNs: bigint | null = null;
  /** Up to the point before the fraction. */
  #secondText: string = "";
  #lastNs: bigint | null = null;
  #lastText: string = "";

  /** `timeNs` is ns since the epoch. */
  format(timeNs: bigint): string {
    if (timeNs === this.#lastNs) return this.#lastText;
    if (timeNs < 0n) return formatIso(timeNs);
    let rest = this.#secondNs === null ? -1 : Number(timeNs - this.#secondNs);
    if (rest < 0 || rest >= 1_000_000_000) {
      this.#secondNs = timeNs - (timeNs % nsPerSecond);
      this.#secondText = formatIso(this.#secondNs).slice(0, -4);
      rest = Number(timeNs - this.#secondNs);
    }
    const isWholeMs = rest % 1_000_000 === 0;
    const fraction = isWholeMs ? padded(rest / 1_000_000, 1000) : padded(rest, 1_000_000_000);
    this.#lastNs = timeNs;
    this.#lastText = `${this.#secondText}${fraction}Z`;
    return this.#lastText;
  }
}

/** Decimal digits with zeros in front, as many as `limit` has zeros; `0 <= value < limit`. */
function padded(value: number, limit: number): string {
  return String(value + limit).slice(1);
}
