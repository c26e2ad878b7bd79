/** Bytes of a file or of standard input, unpacked where they are gzip. */
import { open } from "node:fs/promises";
import { createGunzip, type Gunzip } from "node:zlib";

/** Bytes read at once. */
const readBytes = 0x40000;
/** Packed bytes given to the unpacker at once: at most a thousandfold comes out. */
const packedBytes = 0x4000;

/** Says why an input can't be read: `message` names the input, `cause` holds the system's error. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly code: string;

  constructor(input: string, cause: unknown) {
    super(`can't read ${inputName(input)}: ${reason(cause)}`, { cause });
    this.code = (cause as NodeJS.ErrnoException).code ?? "unknown";
  }
}

/** How an input is called in messages. */
export function inputName(input: string): string {
  return input === "-" ? "standard input" : input;
}

/**
 * The bytes of `input`, a path or `-` for standard input. gzip is known by its first two bytes;
 * several members may follow one another. Throws an InputError where the input can't be opened or
 * read, or where packed data are broken or cut off: after all that could be unpacked. What is yielded
 * is valid until the next one is asked for.
 */
export async function* openBytes(input: string): AsyncGenerator<Buffer> {
  const source = input === "-" ? readStandardInput() : readFileBytes(input);
  try {
    const { head, ended } = await readHead(source);
    const all = ended ? single(head) : prepend(head, source);
    if (head[0] === 0x1f && head[1] === 0x8b) yield* unpack(all);
    else yield* all;
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(input, error);
  } finally {
    await source.return(undefined);
  }
}

async function* readFileBytes(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path, "r");
  const buffer = Buffer.allocUnsafe(readBytes);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, readBytes);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function* readStandardInput(): AsyncGenerator<Buffer> {
  for await (const chunk of process.stdin) yield chunk as Buffer;
}

/** At least two bytes, or all there are. */
async function readHead(
  source: AsyncGenerator<Buffer>,
): Promise<{ readonly head: Buffer; readonly ended: boolean }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done === true) return { head, ended: true };
    head = Buffer.concat([head, next.value]);
  }
  return { head, ended: false };
}

async function* single(head: Buffer): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
}

async function* prepend(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

/**
 * Unpacks with small writes and collects by hand: the stream's own iterator would throw away what it
 * has unpacked when an error follows.
 */
async function* unpack(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 0x10000 });
  const unpacked: Buffer[] = [];
  let failure: Error | null = null;
  gunzip.on("data", (chunk: Buffer) => unpacked.push(chunk));
  gunzip.on("error", (error) => {
    failure = error;
  });
  try {
    for await (const bytes of packed) {
      for (let at = 0; at < bytes.length && failure === null; at += packedBytes) {
        await writePiece(gunzip, bytes.subarray(at, at + packedBytes));
        yield* unpacked.splice(0);
      }
      if (failure !== null) throw failure;
    }
    await endOf(gunzip);
    yield* unpacked.splice(0);
    if (failure !== null) throw failure;
  } finally {
    gunzip.destroy();
  }
}

/** Resolves when the piece is unpacked, or when the stream has failed and closed. */
function writePiece(gunzip: Gunzip, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    gunzip.once("close", resolve);
    gunzip.write(piece, () => {
      gunzip.off("close", resolve);
      setImmediate(resolve);
    });
  });
}

function endOf(gunzip: Gunzip): Promise<void> {
  return new Promise((resolve) => {
    gunzip.once("close", resolve);
    gunzip.end();
  });
}

function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
      return "no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a folder";
    case "Z_BUF_ERROR":
      return "the gzip data are cut off";
    case "Z_DATA_ERROR":
      return `the gzip data are broken (${message})`;
    default:
      return message;
  }
}
