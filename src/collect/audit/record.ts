/**
 * Records of the Linux audit system as text: `type=T msg=audit(SECONDS.MS:SERIAL): name=value ...`, perhaps
 * with `node=NAME` before it. A value is bare, in double quotes, or a text in hexadecimal digits where it
 * holds blanks, quotes or bytes beyond ASCII. `msg='...'` holds more names and values. What follows a
 * byte 0x1d was added for people to read, with names in capitals.
 */

export interface AuditRecord {
  readonly type: string;
  /** Since the epoch. */
  readonly timeNs: bigint;
  /** Records of one event have the same serial and time. */
  readonly serial: number;
  /** The machine, where the line names it. */
  readonly node: string | null;
  readonly fields: ReadonlyMap<string, AuditValue>;
}

export interface AuditValue {
  /** As it stands in the record, without quotes. */
  readonly text: string;
  readonly isQuoted: boolean;
}

const head =
  /^(?:node=(\S{1,255}) )?type=(\S{1,64}) msg=audit\((\d{1,11})\.(\d{1,3}):(\d{1,15})\): ?/;
/** Fields of one record; the kernel's longest have some thousand arguments. */
const maxFields = 10_000;

/** Null where the line is no record. Never throws. */
export function parseAuditRecord(line: string): AuditRecord | null {
  const found = head.exec(line);
  if (found === null) return null;
  const [all, node, type, seconds, fraction, serial] = found;
  const fields = new Map<string, AuditValue>();
  readFields(line, all.length, fields);
  return {
    type: type!,
    timeNs: BigInt(seconds!) * 1_000_000_000n + BigInt(fraction!.padEnd(3, "0")) * 1_000_000n,
    serial: Number(serial),
    node: node ?? null,
    fields,
  };
}

/** The text that a value stands for; null where there is none. */
export function textOf(value: AuditValue | undefined): string | null {
  if (value === undefined) return null;
  if (value.isQuoted) return value.text;
  if (value.text === "(null)" || value.text === "(none)" || value.text === "?") return null;
  return bytesOf(value).toString("utf8");
}

/** The bytes that a value stands for. */
export function bytesOf(value: AuditValue): Buffer {
  const isHexadecimal =
    !value.isQuoted && value.text.length % 2 === 0 && /^[0-9A-Fa-f]+$/.test(value.text);
  return Buffer.from(value.text, isHexadecimal ? "hex" : "utf8");
}

/** A decimal number, as of pids and ids; null where there is none. `unset` is -1, in either form. */
export function numberOf(value: AuditValue | undefined): number | null {
  if (value === undefined || !/^-?\d{1,15}$/.test(value.text)) return null;
  return Number(value.text);
}

/** An argument of a system call, which is in hexadecimal digits. */
export function argumentOf(value: AuditValue | undefined): bigint | null {
  if (value === undefined || !/^[0-9A-Fa-f]{1,16}$/.test(value.text)) return null;
  return BigInt(`0x${value.text}`);
}

function readFields(line: string, start: number, fields: Map<string, AuditValue>): void {
  let place = start;
  while (place < line.length && fields.size < maxFields) {
    if (isBlank(line.charCodeAt(place))) {
      place += 1;
      continue;
    }
    const wordEnd = endOfWord(line, place);
    const equals = line.indexOf("=", place);
    if (equals < 0) return;
    // A word by itself, as `login` in older records.
    if (equals > wordEnd) {
      place = wordEnd;
      continue;
    }
    place = readValue(line, line.slice(place, equals), equals + 1, fields);
  }
}

/** Where the value that begins at `start` ends. */
function readValue(
  line: string,
  name: string,
  start: number,
  fields: Map<string, AuditValue>,
): number {
  const quote = line[start];
  if (quote === "'") {
    const close = line.lastIndexOf("'");
    const end = close > start ? close : line.length;
    readFields(line.slice(start + 1, end), 0, fields);
    return end + 1;
  }
  const close = quote === '"' ? line.indexOf('"', start + 1) : -1;
  const end = close > 0 ? close : endOfWord(line, start);
  const value = { text: line.slice(close > 0 ? start + 1 : start, end), isQuoted: close > 0 };
  // The first stands for what the kernel said; a program may say the same name again.
  if (!fields.has(name)) fields.set(name, value);
  return close > 0 ? end + 1 : end;
}

function endOfWord(line: string, start: number): number {
  let end = start;
  while (end < line.length && !isBlank(line.charCodeAt(end))) end += 1;
  return end;
}

/** A blank or the byte between what was recorded and what was added for people. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x1d || code === 0x09;
}
