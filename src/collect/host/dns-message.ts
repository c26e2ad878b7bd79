/** DNS messages as they went over the wire: question, answers and result. */
import { type Answer, type DecodedPacket, decode } from "dns-packet";
import { canonicalIp } from "../../base/ip.ts";

export interface DnsMessage {
  readonly isResponse: boolean;
  /** Lower case and without the dot at its end; resolvers mix case at will. */
  readonly questionName: string | null;
  readonly questionType: string | null;
  /** NOERROR, NXDOMAIN and so on; null for a question. */
  readonly responseCode: string | null;
  readonly answers: readonly DnsAnswer[];
  /** Addresses of the A and AAAA records, canonical. */
  readonly addresses: readonly string[];
}

export interface DnsAnswer {
  readonly name: string;
  readonly type: string;
  /** Null for kinds of records whose content has no text. */
  readonly data: string | null;
  readonly ttlSeconds: number | null;
}

const headerBytes = 12;
/** Answers of one message that are read; 512 bytes hold no more than 40. */
const answersRead = 64;

/**
 * Reads a message; null if it is none. Of a message that is cut off, what can be read: all of it,
 * or without additional records, or its question alone.
 */
export function parseDnsMessage(bytes: Uint8Array): DnsMessage | null {
  if (bytes.length < headerBytes) return null;
  const packet = decodeWhole(bytes);
  if (packet === null) return null;
  const isResponse = (bytes[2]! & 0x80) !== 0;
  const question = packet.questions?.[0];
  const records = (packet.answers ?? []).slice(0, answersRead);
  const answers = records.flatMap((answer) => readAnswer(answer) ?? []);
  const addresses = answers
    .filter(({ type }) => type === "A" || type === "AAAA")
    .flatMap(({ data }) => (data === null ? [] : (canonicalIp(data) ?? [])));
  return {
    isResponse,
    questionName: question === undefined ? null : nameText(question.name),
    questionType: question === undefined ? null : String(question.type),
    responseCode: isResponse ? responseCodeOf(bytes[3]! & 0x0f) : null,
    answers,
    addresses,
  };
}

/** Tries with fewer and fewer sections: counts stand at bytes 6 (answers), 8 and 10 of the header. */
function decodeWhole(bytes: Uint8Array): DecodedPacket | null {
  const copy = Buffer.from(bytes);
  for (const from of [null, 8, 6]) {
    if (from !== null) copy.fill(0, from, headerBytes);
    const packet = tryDecode(copy);
    if (packet !== null) return packet;
  }
  return null;
}

/** The library throws, errors of several kinds, on what is malformed. */
function tryDecode(bytes: Buffer): DecodedPacket | null {
  try {
    return decode(bytes);
  } catch {
    return null;
  }
}

function readAnswer(answer: Answer): DnsAnswer | null {
  // The pseudo record of EDNS says nothing of the name.
  if (answer.type === "OPT") return null;
  const ttl = "ttl" in answer ? answer.ttl : undefined;
  return {
    name: nameText(answer.name),
    type: String(answer.type),
    data: answerText("data" in answer ? answer.data : null),
    ttlSeconds: typeof ttl === "number" ? ttl : null,
  };
}

/** Addresses and names as they are, text records joined, of MX and SRV records the name. */
function answerText(data: unknown): string | null {
  if (typeof data === "string") return data;
  if (data instanceof Uint8Array) return Buffer.from(data).toString("utf8");
  if (Array.isArray(data)) return data.map((part) => answerText(part) ?? "").join("");
  if (typeof data !== "object" || data === null) return null;
  for (const key of ["exchange", "target", "mname"] as const) {
    const value = (data as Readonly<Record<string, unknown>>)[key];
    if (typeof value === "string") return value;
  }
  return null;
}

function nameText(name: string): string {
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** Names from the IANA registry of DNS RCODEs; the others by number. */
function responseCodeOf(code: number): string {
  return responseCodes[code] ?? `RCODE${code}`;
}

const responseCodes: readonly string[] = [
  ...["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET"],
  ...["NXRRSET", "NOTAUTH", "NOTZONE"],
];
