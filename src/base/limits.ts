/** Every limit of Kestrel, with its default. What goes over one is counted under the same name. */

export interface Limits {
  /** Events in one batch. */
  readonly batchEvents: number;
  /** Cells in one batch's list pool; a batch closes before it would overflow. */
  readonly batchListCells: number;
  /** Values of one field of one event; what is beyond is cut off and counted. */
  readonly listValues: number;
  /** Bytes of text in the string table before it is emptied at the next batch boundary. */
  readonly stringTableBytes: number;
  /** Estimated bytes of what predicates remember of texts and kinds of events. */
  readonly memoBytes: number;
  /** Bytes of one input line; a longer one is rejected. */
  readonly lineBytes: number;
  /** Nesting of JSON values and of EQL expressions. */
  readonly nesting: number;
  /** UTF-16 units of one query. */
  readonly queryChars: number;
  /** `with runs=N`. */
  readonly sequenceRuns: number;
  /** Join keys of a sequence. */
  readonly joinKeys: number;
  /** Combinations of key values that one event may take part with, per step. */
  readonly keyCombinations: number;
  /** Combinations of values that one leaf tries for one event. */
  readonly leafCombinations: number;
  /** Live partial matches of one rule. */
  readonly partialsPerRule: number;
  /** Live partial matches of one rule and key. */
  readonly partialsPerKey: number;
  /** Bytes of all partial matches of all rules. */
  readonly partialBytes: number;
  /** Processes in the process table. */
  readonly processes: number;
  /** Gap intervals that are remembered for the confidence of alerts. */
  readonly gaps: number;
  /** Keys remembered by one rule's alert suppression. */
  readonly suppressionKeys: number;
  /** Bytes of alerts that a replay holds back until its input has shown to be in order. */
  readonly heldAlertBytes: number;
  /** Lines that a replay holds back, and their bytes, to bring them in order without sorting all. */
  readonly windowLines: number;
  readonly windowBytes: number;
  /** Bytes of input kept in memory before sorting goes to disk. */
  readonly sortBytes: number;
  /** Records in one block of a log. */
  readonly logBlockRows: number;
  /** Bytes of JSON text in one block of a log. */
  readonly logBlockBytes: number;
  /** Bytes of a block of a log as it is stored; a larger one is taken for damage. */
  readonly logPayloadBytes: number;
  /** Columns in one block of a log; events that would need more are read from their text. */
  readonly logColumns: number;
  /** Values of one event that go into columns; an event with more is read from its text. */
  readonly logEventValues: number;
  /** Bytes of one line that a client of the event API sends. */
  readonly socketLineBytes: number;
  /** Events a second of one user of the event API, over all connections. */
  readonly socketEventsPerSecond: number;
  /** Connections to the event API at a time. */
  readonly socketPeers: number;
  /** Bytes of alerts that wait for a receiver over the network. */
  readonly sinkQueueBytes: number;
  /** Processes that a live source remembers. */
  readonly hostProcesses: number;
  /** UTF-16 units of their arguments, paths and environment. */
  readonly hostProcessChars: number;
  /** How long an ended process stays known to a live source, in ms of event time. */
  readonly endedProcessMs: number;
  /** Control groups whose container is remembered. */
  readonly hostContainers: number;
  /** Addresses whose name in the DNS is remembered. */
  readonly hostNames: number;
  /** Open connections of which it is remembered that they came in. */
  readonly hostConnections: number;
  /** Directories whose paths fanotify's source remembers. */
  readonly watchedDirectories: number;
  /** Events of an audit log whose records are not all read yet. */
  readonly auditEvents: number;
  /** Records of one event of an audit log. */
  readonly auditRecords: number;
  /** Bytes of a file that is hashed; a larger one is not. */
  readonly hashFileBytes: number;
  /** Files that wait to be hashed. */
  readonly hashQueue: number;
  /** Files whose hash is remembered. */
  readonly hashFiles: number;
  /** Events of live sources that wait for the engine, or for their order to be settled. */
  readonly busEvents: number;
  /** UTF-16 units of JSON text of events that wait. */
  readonly busBytes: number;
  /** Records of related processes in the slice of one alert, and bytes of their JSON text. */
  readonly sliceRecords: number;
  readonly sliceBytes: number;
  /** Alerts whose slices are not finished yet. */
  readonly slicesWaiting: number;
  /** Slices in their folder, and the bytes of all. */
  readonly sliceFiles: number;
  readonly sliceFolderBytes: number;
}

export const defaultLimits: Limits = {
  batchEvents: 1024,
  batchListCells: 0x10000,
  listValues: 4096,
  stringTableBytes: 0x1000000,
  memoBytes: 0x2000000,
  lineBytes: 0x1000000,
  nesting: 256,
  queryChars: 0x100000,
  sequenceRuns: 1000,
  joinKeys: 16,
  keyCombinations: 256,
  leafCombinations: 4096,
  partialsPerRule: 65_536,
  partialsPerKey: 4096,
  partialBytes: 0x4000000,
  processes: 65_536,
  gaps: 256,
  suppressionKeys: 65_536,
  heldAlertBytes: 0x1000000,
  windowLines: 4096,
  windowBytes: 0x800000,
  sortBytes: 0x1000000,
  logBlockRows: 8192,
  logBlockBytes: 0x800000,
  logPayloadBytes: 0x10000000,
  logColumns: 2048,
  logEventValues: 16_384,
  socketLineBytes: 0x100000,
  socketEventsPerSecond: 10_000,
  socketPeers: 64,
  sinkQueueBytes: 0x4000000,
  hostProcesses: 32_768,
  hostProcessChars: 0x2000000,
  endedProcessMs: 10_000,
  hostContainers: 4096,
  hostNames: 8192,
  hostConnections: 16_384,
  watchedDirectories: 4096,
  auditEvents: 1024,
  auditRecords: 1024,
  hashFileBytes: 0x4000000,
  hashQueue: 1024,
  hashFiles: 16_384,
  busEvents: 131_072,
  busBytes: 0x4000000,
  sliceRecords: 512,
  sliceBytes: 0x200000,
  slicesWaiting: 256,
  sliceFiles: 1000,
  sliceFolderBytes: 0x10000000,
};
