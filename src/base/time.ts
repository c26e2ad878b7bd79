/**
 * Moments as nanoseconds since the Unix epoch (bigint, within 64 bits: years 1677 to 2262) and their
 * texts: ISO 8601, decimal numbers of a unit, and date patterns.
 */

/** What a number of a source's clock counts; `filetime` is 100 ns since 1601-01-01T00:00:00Z. */
export type TimeUnit = "s" | "ms" | "us" | "ns" | "filetime";

/** Reads one form of date text; null where the text has another form. */
export type DateReader = (text: string) => bigint | null;

const nsPerSecond = 1_000_000_000n;
const nsPerUnit: Readonly<Record<TimeUnit, bigint>> = {
  s: nsPerSecond,
  ms: 1_000_000n,
  us: 1000n,
  ns: 1n,
  filetime: 100n,
};
/** From 1601-01-01 to 1970-01-01 are 134,774 days. */
const filetimeEpochNs = 134_774n * 86_400n * nsPerSecond;

const iso: RegExp =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/;
const decimal: RegExp = /^(-?)(\d+)(?:\.(\d*))?$/;

/**
 * ISO 8601: a date, and perhaps (after `T` or a space) hours, minutes, seconds, a fraction and `Z` or
 * an offset. Without an offset it is UTC; digits beyond nanoseconds are cut off. Null if it is none.
 */
export function parseIso(text: string): bigint | null {
  const match = iso.exec(text);
  if (match === null) return null;
  return toNs({
    year: Number(match[1]),
    month: Number(match[2]),
    day: Number(match[3]),
    hour: Number(match[4] ?? 0),
    minute: Number(match[5] ?? 0),
    second: Number(match[6] ?? 0),
    fractionNs: readFraction(match[7] ?? ""),
    offsetMinutes: readOffset(match[8] ?? "Z"),
  });
}

/** `2024-02-03T04:05:06.789Z`: three digits of fraction where they are exact, else nine. */
export function formatIso(timeNs: bigint): string {
  const ms = floorDivide(timeNs, 1_000_000n);
  const text = new Date(Number(ms)).toISOString();
  const rest = timeNs - ms * 1_000_000n;
  return rest === 0n ? text : `${text.slice(0, -1)}${rest.toString().padStart(6, "0")}Z`;
}

/** A number of `unit`, as a value or as decimal digits without blanks. Null if it is none or too far. */
export function parseEpoch(value: number | bigint | string, unit: TimeUnit): bigint | null {
  const scale = nsPerUnit[unit];
  const scaled = typeof value === "bigint" ? value * scale : scaleDecimal(value, scale);
  if (scaled === null) return null;
  return withinRange(unit === "filetime" ? scaled - filetimeEpochNs : scaled);
}

/**
 * A reader for a pattern in Java's letters (`dd-MM-yyyy HH:mm:ss.SSS`, quoted text, `XXX` or `Z` for an
 * offset), or for `epoch_millis`, `epoch_second`, `[strict_]date_optional_time`; `a||b` and `a or b` are
 * alternatives, tried in order. Null if the pattern has a letter that is not known.
 */
export function compileDatePattern(pattern: string): DateReader | null {
  const readers: DateReader[] = [];
  for (const alternative of pattern.split(/\|\|| or /)) {
    const reader = compileAlternative(alternative.trim());
    if (reader === null) return null;
    readers.push(reader);
  }
  return (text) => {
    for (const reader of readers) {
      const time = reader(text);
      if (time !== null) return time;
    }
    return null;
  };
}

/** A moment in the calendar. */
interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fractionNs: number;
  /** Null where the offset is wrong. */
  readonly offsetMinutes: number | null;
}

function toNs(civil: CivilTime): bigint | null {
  const { year, month, day, hour, minute, second, offsetMinutes } = civil;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59 || offsetMinutes === null) return null;
  const clock = new Date(0);
  clock.setUTCFullYear(year, month - 1, day);
  const seconds = clock.getTime() / 1000 + hour * 3600 + (minute - offsetMinutes) * 60 + second;
  return withinRange(BigInt(seconds) * nsPerSecond + BigInt(civil.fractionNs));
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function readFraction(digits: string): number {
  return digits === "" ? 0 : Number(digits.slice(0, 9).padEnd(9, "0"));
}

/** Minutes east of UTC of `Z`, `+hh`, `+hhmm` or `+hh:mm`. */
function readOffset(text: string): number | null {
  if (text === "Z" || text === "z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = text.length > 3 ? Number(text.slice(-2)) : 0;
  if (hours > 18 || minutes > 59) return null;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** Exact: the digits of the number's shortest text count, not its binary value. */
function scaleDecimal(value: number | string, scale: bigint): bigint | null {
  const match = decimal.exec(String(value));
  if (match === null) {
    // Numbers at and above 1e21, and tiny ones, print with an exponent.
    if (typeof value === "string" || !Number.isFinite(value) || Math.abs(value) > 1) return null;
    return 0n;
  }
  const fraction = (match[3] ?? "").slice(0, 9);
  const whole = match[2]!;
  if (whole.length > 25) return null;
  const part = fraction === "" ? 0n : (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  const size = BigInt(whole) * scale + part;
  return match[1] === "-" ? -size : size;
}

function withinRange(timeNs: bigint): bigint | null {
  return BigInt.asIntN(64, timeNs) === timeNs ? timeNs : null;
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}

const namedPatterns: Readonly<Record<string, DateReader>> = {
  epoch_millis: (text) => parseEpoch(text, "ms"),
  epoch_second: (text) => parseEpoch(text, "s"),
  date_optional_time: parseIso,
  strict_date_optional_time: parseIso,
  strict_date_optional_time_nanos: parseIso,
};

/** What a run of a pattern letter reads: a piece of a regular expression. */
const letterPatterns: Readonly<Record<string, (length: number) => string>> = {
  y: (length) => (length === 2 ? "(?<shortYear>\\d{2})" : "(?<year>\\d{4})"),
  u: (length) => (length === 2 ? "(?<shortYear>\\d{2})" : "(?<year>\\d{4})"),
  M: (length) => numberPattern("month", length),
  d: (length) => numberPattern("day", length),
  H: (length) => numberPattern("hour", length),
  m: (length) => numberPattern("minute", length),
  s: (length) => numberPattern("second", length),
  S: (length) => `(?<fraction>\\d{${length}})`,
  X: () => "(?<offset>Z|[+-]\\d\\d(?::?\\d\\d)?)",
  x: () => "(?<offset>[+-]\\d\\d(?::?\\d\\d)?)",
  Z: () => "(?<offset>[+-]\\d\\d:?\\d\\d)",
};

function numberPattern(name: string, length: number): string {
  return length === 1 ? `(?<${name}>\\d{1,2})` : `(?<${name}>\\d{2})`;
}

function compileAlternative(pattern: string): DateReader | null {
  const named = Object.hasOwn(namedPatterns, pattern) ? namedPatterns[pattern] : undefined;
  if (named !== undefined) return named;
  const source = patternSource(pattern);
  if (source === null) return null;
  const expression = new RegExp(`^${source}$`);
  return (text) => {
    const groups = expression.exec(text)?.groups;
    return groups === undefined ? null : toNs(civilFrom(groups));
  };
}

/** The regular expression of a pattern, or null if it has an unknown letter, or one letter twice. */
function patternSource(pattern: string): string | null {
  if (pattern === "") return null;
  const seen = new Set<string>();
  let source = "";
  for (const token of pattern.match(/'(?:[^']|'')*'|([A-Za-z])\1*|./gs) ?? []) {
    const first = token[0]!;
    if (first === "'" && token.length === 1) return null;
    if (first === "'") source += escapePattern(quotedText(token));
    else if (!/[A-Za-z]/.test(first)) source += escapePattern(token);
    else {
      const letter = Object.hasOwn(letterPatterns, first) ? letterPatterns[first] : undefined;
      if (letter === undefined || seen.has(first)) return null;
      seen.add(first);
      source += letter(token.length);
    }
  }
  return seen.has("y") && seen.has("u") ? null : source;
}

/** `'T'` is T, `''` is one quote. */
function quotedText(token: string): string {
  return token === "''" ? "'" : token.slice(1, -1).replaceAll("''", "'");
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Parts that the pattern leaves out are the epoch's. */
function civilFrom(groups: Readonly<Record<string, string | undefined>>): CivilTime {
  const shortYear = groups["shortYear"];
  return {
    year: shortYear === undefined ? Number(groups["year"] ?? 1970) : 2000 + Number(shortYear),
    month: Number(groups["month"] ?? 1),
    day: Number(groups["day"] ?? 1),
    hour: Number(groups["hour"] ?? 0),
    minute: Number(groups["minute"] ?? 0),
    second: Number(groups["second"] ?? 0),
    fractionNs: readFraction(groups["fraction"] ?? ""),
    offsetMinutes: readOffset(groups["offset"] ?? "Z"),
  };
}
