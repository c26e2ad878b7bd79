/** The sinks that `run` is told of by `--alerts` and `--sink`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure } from "../agent/failure.ts";
import type { Provenance } from "../alert/alert.ts";
import { alertJson } from "../alert/serialize.ts";
import { wallNs } from "../base/clock.ts";
import { sha256Hex } from "../base/hash.ts";
import type { Limits } from "../base/limits.ts";
import { systemReason } from "../base/system-reason.ts";
import { alertText } from "../console/alert-text.ts";
import type { AlertFormat, Sink } from "../sink/contract.ts";
import type { DeliveryOptions } from "../sink/delivery-queue.ts";
import { fanOut } from "../sink/fan-out.ts";
import { openHttpSink, parseHeaders } from "../sink/http-sink.ts";
import { openRotatedFileSink } from "../sink/rotated-file-sink.ts";
import { openStreamSink } from "../sink/stream-sink.ts";
import { openSyslogSink } from "../sink/syslog-sink.ts";
import { type AlertOutput, openAlertOutput, openFile, renderSummary } from "./alert-output.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext } from "./context.ts";

/** Where a sink's alerts go, as `--sink` says it. */
export type SinkSpec =
  | { readonly kind: "stdout" }
  | { readonly kind: "file"; readonly path: string }
  | {
      readonly kind: "syslog";
      readonly protocol: "udp" | "tcp";
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: "http"; readonly url: URL };

/** The specification that `text` is; a text that says what is wrong with it. */
export function parseSinkSpec(text: string): SinkSpec | string {
  if (text === "stdout") return { kind: "stdout" };
  if (text.startsWith("file:") && text.length > 5) return { kind: "file", path: text.slice(5) };
  if (text === "syslog" || text.startsWith("syslog:")) return parseSyslog(text);
  if (/^https?:\/\//.test(text) && URL.canParse(text)) {
    const url = new URL(text);
    if (url.username === "" && url.password === "") return { kind: "http", url };
    return "a password in a URL is seen by all users: use --sink-headers";
  }
  return `unknown sink ${text}: use stdout, file:PATH, syslog[:ADDRESS] or http(s)://...`;
}

function parseSyslog(text: string): SinkSpec | string {
  const address = text.slice("syslog:".length) || "127.0.0.1";
  const found = /^(?:(udp|tcp):\/\/)?(?:\[([^\]]+)\]|([^:[\]/]+))(?::(\d{1,5}))?$/.exec(address);
  const port = Number(found?.[4] ?? 514);
  if (found === null || port < 1 || port > 0xffff) return `${text} has no address HOST[:PORT]`;
  const protocol = found[1] === "tcp" ? "tcp" : "udp";
  return { kind: "syslog", protocol, host: (found[2] ?? found[3])!, port };
}

/** All sinks as one. Throws a CommandFailure where one can't be opened. */
export function openRunOutput(
  args: Arguments,
  context: CommandContext,
  provenance: Provenance,
  limits: Limits,
): AlertOutput {
  const texts = args.texts("sink");
  if (texts.length === 0) return openAlertOutput(args, context, provenance);
  const specs = texts.map((text) => ({ text, spec: requireSpec(text) }));
  const asked = args.choice("format", ["text", "json"]);
  const format = asked ?? (context.interactive ? "text" : "json");
  const asJson: AlertFormat = (alert) => `${alertJson(alert, provenance)}\n`;
  const asText: AlertFormat = (alert) => alertText(alert, context.paintOut);
  const path = args.text("alerts");
  const sinks: Sink[] = path === undefined ? [] : [openFile(path, asJson)];
  for (const { text, spec } of specs) {
    if (spec.kind === "stdout") {
      sinks.push(openStreamSink(context.stdout, { format: format === "json" ? asJson : asText }));
    } else sinks.push(openSpec(text, spec, args, deliveryOf(text, args, context, limits, asJson)));
  }
  const isOnOutput = specs.some(({ spec }) => spec.kind === "stdout");
  return {
    sink: fanOut(sinks),
    summarize: (summary) => {
      if (isOnOutput) context.err(renderSummary(summary, format, context.paintErr));
      else context.out(renderSummary(summary, format, context.paintOut));
    },
  };
}

function requireSpec(text: string): SinkSpec {
  const spec = parseSinkSpec(text);
  if (typeof spec === "string") throw new CommandFailure(spec);
  return spec;
}

type Delivery = Omit<DeliveryOptions, "deliver" | "onClose">;

function openSpec(
  text: string,
  spec: Exclude<SinkSpec, { readonly kind: "stdout" }>,
  args: Arguments,
  delivery: Delivery,
): Sink {
  try {
    if (spec.kind === "http") {
      const path = args.text("sink-ca");
      return openHttpSink({
        ...delivery,
        ...spec,
        headers: headersOf(args),
        isCompressed: args.isOn("sink-gzip"),
        authorities: path === undefined ? undefined : readFileSync(path, "utf8"),
      });
    }
    if (spec.kind === "syslog") return openSyslogSink({ ...delivery, ...spec });
    return openRotatedFileSink(spec.path, {
      format: delivery.format,
      fileBytes: (args.number("sink-file-size") ?? 64) * 0x100000,
      keptFiles: args.number("sink-file-count") ?? 5,
      isSynced: args.isOn("sink-fsync"),
    });
  } catch (error) {
    throw new CommandFailure(`sink ${text}: ${systemReason(error)}`, undefined, error);
  }
}

/** Each sink has a folder of its own in the spool, named after what it is. */
function deliveryOf(
  text: string,
  args: Arguments,
  context: CommandContext,
  limits: Limits,
  format: AlertFormat,
): Delivery {
  const spool = args.text("sink-spool");
  const name = sha256Hex(text).slice(0, 16);
  return {
    format,
    queueBytes: limits.sinkQueueBytes,
    spoolFolder: spool === undefined ? undefined : join(spool, name),
    seed: Number(wallNs() & 0xffffffffn) ^ process.pid,
    onNotice: (message) => context.log.warn(`sink ${text}: ${message}`),
  };
}

function headersOf(args: Arguments): Readonly<Record<string, string>> {
  const path = args.text("sink-headers");
  const text =
    path === undefined ? (process.env["KESTREL_SINK_HEADERS"] ?? "") : readFileSync(path, "utf8");
  return parseHeaders(text);
}
