/**
 * Keeps the processor time of a run within a budget. Once a second it compares what was used with the budget: over it,
 * the next row of the table is shed; well below it for a while, the last row comes back.
 */
import { type ShedRow, shedTable } from "./shed-table.ts";

export interface GovernorOptions {
  /** Per cent of one core: more than 0. */
  readonly budgetPercent: number;
  /** Told of every change, in words for the log. */
  readonly onChange: (message: string) => void;
}

const windowMs = 1000;
/** Far beyond the budget two rows go at once. */
const farBeyond = 1.5;
/** A row comes back after so many windows in a row below that part of the budget. */
const calmWindows = 5;
const calmShare = 0.7;

export class Governor {
  readonly #options: GovernorOptions;
  /** Rows of the table that are shed. */
  #level = 0;
  #calm = 0;
  #sinceMs: number | null = null;
  #sinceCpuMs = 0;

  constructor(options: GovernorOptions) {
    this.#options = options;
  }

  /** Names of what is shed at the moment. */
  get shedding(): readonly string[] {
    return shedTable.slice(0, this.#level).map(({ name }) => name);
  }

  get isShedding(): boolean {
    return this.#level > 0;
  }

  /** Whether an event of that category and action is given up at the moment. */
  sheds(category: string | null, action: string | null): boolean {
    for (let row = 0; row < this.#level; row += 1) {
      if (isOf(shedTable[row]!, category, action)) return true;
    }
    return false;
  }

  /** The process has used `cpuMs` of processor time by `nowMs` of a clock; both only grow. */
  tick(cpuMs: number, nowMs: number): void {
    if (this.#sinceMs === null) {
      this.#begin(cpuMs, nowMs);
      return;
    }
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < windowMs) return;
    const usedPercent = ((cpuMs - this.#sinceCpuMs) * 100) / elapsedMs;
    this.#begin(cpuMs, nowMs);
    this.#decide(usedPercent);
  }

  #begin(cpuMs: number, nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#sinceCpuMs = cpuMs;
  }

  #decide(usedPercent: number): void {
    const { budgetPercent } = this.#options;
    if (usedPercent > budgetPercent) {
      this.#calm = 0;
      this.#move(usedPercent > budgetPercent * farBeyond ? 2 : 1, usedPercent);
    } else if (usedPercent < budgetPercent * calmShare) {
      this.#calm += 1;
      if (this.#calm < calmWindows) return;
      this.#calm = 0;
      this.#move(-1, usedPercent);
    } else {
      this.#calm = 0;
    }
  }

  #move(by: number, usedPercent: number): void {
    const level = Math.max(0, Math.min(shedTable.length, this.#level + by));
    if (level === this.#level) return;
    this.#level = level;
    const { budgetPercent, onChange } = this.#options;
    const use = `${usedPercent.toFixed(1)} % of a core used, the budget is ${budgetPercent} %`;
    const shed = level === 0 ? "nothing is shed any more" : `shedding ${this.shedding.join(", ")}`;
    onChange(`${use}: ${shed}`);
  }
}

function isOf(row: ShedRow, category: string | null, action: string | null): boolean {
  return row.category === category && (row.action === null || row.action === action);
}
