/** A log over all its segments: blocks in order, and gaps where blocks can't be believed. */
import type { Limits } from "../base/limits.ts";
import type { Gap } from "../event/batch.ts";
import { Block } from "./block.ts";
import type { FrameHead } from "./frame.ts";
import { LogError } from "./log-error.ts";
import { segmentOf } from "./log-paths.ts";
import { type Damage, SegmentFile } from "./segment-file.ts";
import type { SegmentHeader } from "./segment-header.ts";

export type LogItem =
  | { readonly kind: "block"; readonly block: Block; readonly head: FrameHead }
  /** What is damaged in this place, and the record that tells rules so. */
  | { readonly kind: "gap"; readonly gap: Gap; readonly timeNs: bigint };

export interface ReadOptions {
  /** Called for all that is damaged, in order. */
  readonly onDamage?: (damage: Damage) => void;
  /** Only blocks that have records of this time, or gaps, are read; others may come as well. */
  readonly fromNs?: bigint | undefined;
  readonly toNs?: bigint | undefined;
  /** Called for each segment that ends with a footer. */
  readonly onFooter?: (segment: SegmentFile) => void;
}

export class Log {
  readonly segments: readonly SegmentFile[];

  constructor(segments: readonly SegmentFile[]) {
    this.segments = segments;
  }

  /** The newest header; null where all are damaged. */
  get header(): SegmentHeader | null {
    return this.segments.findLast(({ header }) => header !== null)?.header ?? null;
  }

  close(): void {
    for (const segment of this.segments) segment.close();
  }

  /** Time of the first and last record; null where there is none, or where times go back. */
  span(): { readonly fromNs: bigint; readonly toNs: bigint; readonly isInOrder: boolean } | null {
    let span: { fromNs: bigint; toNs: bigint; isInOrder: boolean } | null = null;
    for (const segment of this.segments) {
      for (const { fromNs, toNs } of segment.heads()) {
        if (span === null) span = { fromNs, toNs, isInOrder: fromNs <= toNs };
        else {
          if (fromNs < span.toNs || toNs < fromNs) span.isInOrder = false;
          span.toNs = toNs;
        }
      }
    }
    return span;
  }

  /** Everything that can be believed, in order. */
  *items(options: ReadOptions = {}): Generator<LogItem> {
    const lost = new LostSpan();
    let chain: string | null = null;
    for (const segment of this.segments) {
      const breach = chainBreach(segment, chain);
      if (breach !== null) {
        options.onDamage?.(breach);
        lost.add(breach);
      }
      for (const item of segment.items((head) => isWithin(head, options))) {
        if (item.kind === "footer") options.onFooter?.(segment);
        if (item.kind === "footer") continue;
        const read = item.kind === "block" ? readBlock(segment, item) : item.damage;
        if (!(read instanceof Block)) {
          options.onDamage?.(read);
          lost.add(read);
          continue;
        }
        if (item.kind !== "block") continue;
        const { head } = item;
        yield* lost.gapBefore(head);
        yield { kind: "block", block: read, head };
        lost.newestNs = head.toNs;
      }
      chain = segment.lastSeal;
    }
    yield* lost.gapAtEnd();
  }
}

/**
 * Opens the segments at `paths` and puts those of one log together. Throws a LogError where one is no
 * log or where a log lacks a segment between two others.
 */
export function openLogs(paths: readonly string[], limits: Limits): Log[] {
  const groups = new Map<string, SegmentFile[]>();
  const byFirst = new Map<string, string>();
  const opened: SegmentFile[] = [];
  try {
    for (const path of paths) opened.push(new SegmentFile(path, limits.logPayloadBytes));
    for (const { header, path } of opened) {
      if (header !== null) byFirst.set(segmentOf(path).first, header.logId);
    }
    for (const segment of opened) {
      const { first } = segmentOf(segment.path);
      const key = segment.header?.logId ?? byFirst.get(first) ?? first;
      groups.set(key, [...(groups.get(key) ?? []), segment]);
    }
    return [...groups.values()].map(joinSegments);
  } catch (error) {
    for (const segment of opened) segment.close();
    throw error;
  }
}

function joinSegments(segments: SegmentFile[]): Log {
  segments.sort((a, b) => numberOf(a) - numberOf(b));
  for (let i = 1; i < segments.length; i += 1) {
    const [before, after] = [segments[i - 1]!, segments[i]!];
    const expected = numberOf(before) + 1;
    if (numberOf(after) === expected) continue;
    if (numberOf(after) < expected) {
      const message = `${before.path} and ${after.path} are the same segment of one log`;
      throw new LogError("missing-segment", message);
    }
    throw new LogError(
      "missing-segment",
      `segment ${expected} of the log is missing: ${after.path} does not continue ${before.path}`,
    );
  }
  return new Log(segments);
}

function numberOf({ header, path }: SegmentFile): number {
  return header?.segment ?? segmentOf(path).segment;
}

function isWithin({ fromNs, toNs, rows, events }: FrameHead, wanted: ReadOptions): boolean {
  // A gap tells of other times than that of its record.
  if (rows !== events) return true;
  if (wanted.fromNs !== undefined && toNs < wanted.fromNs) return false;
  return wanted.toNs === undefined || fromNs <= wanted.toNs;
}

/** What is wrong where a segment does not continue the one before. */
function chainBreach(segment: SegmentFile, chain: string | null): Damage | null {
  if (chain === null || segment.header === null || segment.header.continues === chain) return null;
  const why = "the hash chain is broken: the segment does not continue from the one before";
  return { file: segment.path, block: null, offset: 0, why, isTail: false, head: null };
}

function readBlock(
  { path }: SegmentFile,
  item: { readonly head: FrameHead; readonly offset: number; readonly payload: Buffer },
): Block | Damage {
  const { head, offset } = item;
  try {
    return new Block(item.payload);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return { file: path, block: head.number, offset, why: error.message, isTail: false, head };
  }
}

/** Damage that is not told to rules yet. */
class LostSpan {
  /** Time of the last record that could be read. */
  newestNs: bigint | null = null;
  #damages: Damage[] = [];

  add(damage: Damage): void {
    // A damaged header costs no record, nor does a footer.
    if (damage.block === null || damage.head?.rows === 0) return;
    this.#damages.push(damage);
  }

  *gapBefore(next: FrameHead): Generator<LogItem> {
    yield* this.#gap(next.fromNs);
  }

  *gapAtEnd(): Generator<LogItem> {
    yield* this.#gap(null);
  }

  *#gap(nextNs: bigint | null): Generator<LogItem> {
    const damages = this.#damages;
    if (damages.length === 0) return;
    this.#damages = [];
    const heads = damages.flatMap(({ head }) => (head === null ? [] : [head]));
    const isKnown = heads.length === damages.length;
    const fromNs = isKnown ? heads[0]!.fromNs : (this.newestNs ?? heads[0]?.fromNs ?? nextNs);
    const toNs = isKnown ? heads.at(-1)!.toNs : (nextNs ?? heads.at(-1)?.toNs ?? this.newestNs);
    if (fromNs === null || toNs === null) return;
    const lost = isKnown ? heads.reduce((sum, { events }) => sum + events, 0) : null;
    const gap = { source: "log", fromNs, toNs, lost, categories: [] };
    // The record must not be older than what was before it, nor newer than what follows.
    const latest = nextNs !== null && toNs > nextNs ? nextNs : toNs;
    const timeNs = this.newestNs !== null && latest < this.newestNs ? this.newestNs : latest;
    yield { kind: "gap", gap: fromNs <= toNs ? gap : { ...gap, fromNs: toNs }, timeNs };
  }
}
