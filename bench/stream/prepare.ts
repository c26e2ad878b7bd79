/** Writes the streams of a run into a folder. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CommandFailure } from "../../src/agent/failure.ts";
import { generateLines } from "./generate.ts";
import { profiles } from "./profile-table.ts";
import { joinRecordings, readRecording } from "./recorded.ts";
import type { Stream, StreamSet } from "./stream.ts";

export interface StreamOptions {
  /** Folder to write to; whoever made it removes it. */
  readonly folder: string;
  /** Folder with `events/`; undefined: the example is the recording. */
  readonly corpus: string | undefined;
  /** Recordings that take the place of all other streams; empty: none. */
  readonly events: readonly string[];
  readonly eventsPerStream: number;
  readonly seed: number;
}

/** Of a stream's events, which part serves to warm up. */
const warmShare = 0.25;

const families: readonly (readonly [name: string, prefix: string])[] = [
  ["recorded-linux", "linux_"],
  ["recorded-windows", "win_"],
];

/** Throws a CommandFailure where a recording holds nothing, the system's error where it can't be read. */
export function prepareStreams(options: StreamOptions): StreamSet {
  const drafts = draftStreams(options);
  const warmPath = join(options.folder, "warm-up.jsonl");
  writeLines(
    warmPath,
    drafts.flatMap(({ warmLines }) => warmLines),
  );
  return { streams: drafts.map(({ stream }) => stream), warmPath };
}

function draftStreams(options: StreamOptions): Draft[] {
  const { folder, events, eventsPerStream } = options;
  if (events.length > 0) return events.map((path, index) => givenStream(path, index, folder));
  const generated = profiles.map((profile, index) => {
    const seed = options.seed + index;
    const lines = [...generateLines(profile, seed, eventsPerStream)];
    const source = `generated, seed ${seed}, profile ${profile.name}`;
    return writeStream(folder, profile.name, lines, source);
  });
  return [...generated, ...recordedStreams(options)];
}

function givenStream(path: string, index: number, folder: string): Draft {
  const name = `${index}-${basename(path).replace(/\.(gz|jsonl|ecs|json)\b/g, "")}`;
  return writeStream(folder, name, readRecording(path), `recorded ${path}`);
}

function recordedStreams({ folder, corpus, eventsPerStream }: StreamOptions): Draft[] {
  if (corpus === undefined) {
    const lines = joinRecordings([readRecording("examples/attack.jsonl")], eventsPerStream);
    return [writeStream(folder, "recorded-example", lines, "recorded examples/attack.jsonl")];
  }
  const events = join(corpus, "events");
  const names = existsSync(events) ? readdirSync(events).sort() : [];
  return families.flatMap(([family, prefix]) => {
    const paths = names
      .filter((name) => name.startsWith(prefix) && /\.jsonl(\.gz)?$/.test(name))
      .map((name) => join(events, name));
    if (paths.length === 0) return [];
    const lines = joinRecordings(paths.map(readRecording), eventsPerStream);
    return [writeStream(folder, family, lines, `recorded ${join(events, `${prefix}*`)}`)];
  });
}

/** A stream with its lines. */
interface Draft {
  readonly stream: Stream;
  readonly warmLines: readonly string[];
}

function writeStream(
  folder: string,
  name: string,
  lines: readonly string[],
  source: string,
): Draft {
  if (lines.length === 0) throw new CommandFailure(`no events in ${source}`);
  const path = join(folder, `${name}.jsonl`);
  const bytes = writeLines(path, lines);
  const warmLines = lines.slice(0, Math.ceil(lines.length * warmShare));
  return { stream: { name, path, events: lines.length, bytes, source }, warmLines };
}

/** Returns the bytes written. */
function writeLines(path: string, lines: readonly string[]): number {
  const bytes = Buffer.from(`${lines.join("\n")}\n`);
  writeFileSync(path, bytes);
  return bytes.length;
}
