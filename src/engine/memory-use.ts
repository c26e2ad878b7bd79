/** What an engine holds, in estimated bytes; each table has a limit in base/limits.ts. */
export interface MemoryUse {
  /** Texts of the events (`stringTableBytes`). */
  readonly strings: number;
  /** What is remembered of texts and kinds of events, so that it need not be worked out again (`memoBytes`). */
  readonly memos: number;
  /** Partial matches (`partialBytes`). */
  readonly partials: number;
  /** Processes (`processes`, a number of them). */
  readonly processes: number;
  /** What is held of them, in bytes. */
  readonly processBytes: number;
}
