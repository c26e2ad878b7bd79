/** Logs as commands write them: where they come from, how they are kept, and what is taken out of them. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { parse as parseYaml } from "yaml";
import { monotonicMs, monotonicNs, wallNs } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import { systemReason } from "../base/system-reason.ts";
import type { TimeUnit } from "../base/time.ts";
import { LogError } from "../log/log-error.ts";
import { type AcknowledgedBlock, LogWriter, type SyncPolicy } from "../log/log-writer.ts";
import { type RedactionRule, Redactor } from "../log/redactor.ts";
import { schemaHash } from "../log/schema-hash.ts";
import type { LogOrigin } from "../log/segment-header.ts";
import type { Schema } from "../schema/schema.ts";
import { CommandFailure } from "./failure.ts";

export const syncPolicies: readonly SyncPolicy[] = ["block", "interval", "never"];

/** How a log is kept; what is not given has its default. */
export interface LogKeeping {
  readonly sync?: SyncPolicy | undefined;
  readonly blockSeconds?: number | undefined;
  readonly segmentBytes?: number | undefined;
  readonly segmentSeconds?: number | undefined;
  readonly retainBytes?: number | undefined;
  /** YAML file of redaction rules. */
  readonly redactFile?: string | undefined;
  /** Redaction rules that apply beside those of the file. */
  readonly redaction?: readonly RedactionRule[] | undefined;
}

export const logDefaults: {
  readonly sync: SyncPolicy;
  readonly blockSeconds: number;
  readonly segmentBytes: number;
  readonly segmentSeconds: number;
} = {
  sync: "block",
  blockSeconds: 1,
  segmentBytes: 0x10000000,
  segmentSeconds: 86_400,
};

/** What a log is recorded with. */
export interface OriginOptions {
  readonly schema: Schema;
  readonly engineVersion: string;
  /** Of the rules that run beside; null where none do. */
  readonly rulePackHash: string | null;
  readonly timestampField?: string | undefined;
  readonly timestampUnit?: TimeUnit | undefined;
  /** Whether the events come from this machine, now. */
  readonly isLive: boolean;
}

export interface LogOutputOptions extends LogKeeping, OriginOptions {
  readonly path: string;
  readonly limits: Limits;
  readonly onAcknowledge?: ((block: AcknowledgedBlock) => void) | undefined;
  readonly onLoss: (message: string) => void;
}

/** Begins or continues a log. Throws a CommandFailure. */
export function openLogOutput(options: LogOutputOptions): LogWriter {
  if (!options.path.endsWith(".klog")) {
    throw new CommandFailure(`${options.path}: the name of a log ends in .klog`);
  }
  const redactor = loadRedactor(options.redactFile, options.redaction);
  try {
    return new LogWriter({
      path: options.path,
      limits: options.limits,
      origin: () => originOf(options),
      nowMs: monotonicMs,
      sync: options.sync ?? logDefaults.sync,
      blockMs: (options.blockSeconds ?? logDefaults.blockSeconds) * 1000,
      segmentBytes: options.segmentBytes ?? logDefaults.segmentBytes,
      segmentMs: (options.segmentSeconds ?? logDefaults.segmentSeconds) * 1000,
      retainBytes: options.retainBytes ?? Number.POSITIVE_INFINITY,
      redactor,
      onAcknowledge: options.onAcknowledge,
      onLoss: ({ message }) => options.onLoss(message),
    });
  } catch (error) {
    throw error instanceof LogError ? new CommandFailure(error.message, undefined, error) : error;
  }
}

/** What a log of this run says about where it came from, now. */
export function originOf(options: OriginOptions): LogOrigin {
  return {
    engineVersion: options.engineVersion,
    schemaHash: schemaHash(options.schema),
    schemaVersion: options.schema.version,
    rulePackHash: options.rulePackHash,
    host: options.isLive ? { name: hostname(), bootId: readBootId() } : null,
    clock: options.isLive ? { wallNs: wallNs(), monotonicNs: monotonicNs() } : null,
    timestampField: options.timestampField ?? "@timestamp",
    timestampUnit: options.timestampUnit ?? "ms",
  };
}

/** Linux names each start of the system; elsewhere it is not known. */
function readBootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}

/**
 * The redaction rules of a YAML file and `more`; undefined where there are none. Throws a CommandFailure that says
 * what is wrong with the file.
 */
export function loadRedactor(
  path: string | undefined,
  more: readonly RedactionRule[] = [],
): Redactor | undefined {
  if (path === undefined) return more.length === 0 ? undefined : new Redactor(more);
  try {
    return new Redactor([...readRules(parseYaml(readFileSync(path, "utf8"))), ...more]);
  } catch (error) {
    if (error instanceof Error && "syscall" in error) {
      throw new CommandFailure(`can't read ${path}: ${systemReason(error)}`, undefined, error);
    }
    throw new CommandFailure(`${path}: ${(error as Error).message}`, undefined, error);
  }
}

const defaultReplacement = "[redacted]";

function readRules(document: unknown): RedactionRule[] {
  if (!Array.isArray(document)) throw new Error("redaction rules are a list");
  return document.map((entry: unknown, index) => {
    if (typeof entry !== "object" || entry === null) throw wrong(index, "it is no map");
    const rule = entry as Record<string, unknown>;
    for (const [key, value] of Object.entries(rule)) {
      if (!["field", "pattern", "replacement"].includes(key))
        throw wrong(index, `unknown key ${key}`);
      if (typeof value !== "string") throw wrong(index, `${key} must be text`);
    }
    const { field, pattern, replacement = defaultReplacement } = rule as Partial<RedactionRule>;
    if (field === undefined && pattern === undefined) {
      throw wrong(index, "it needs a field, a pattern or both");
    }
    return { field, pattern, replacement };
  });
}

function wrong(index: number, what: string): Error {
  return new Error(`redaction rule ${index + 1}: ${what}`);
}
