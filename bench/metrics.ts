/** From measured times to the metrics that are reported. */
import { cpus } from "node:os";
import type { Packed } from "./activity/job.ts";
import type { Activity, Measurement } from "./measure.ts";

export interface Metric {
  readonly value: number | string | Readonly<Record<string, unknown>>;
  readonly unit: string;
  /** One sentence on how it was measured. */
  readonly how: string;
  /** The same for each stream by itself. */
  readonly by_stream?: Readonly<Record<string, number>>;
}

export type Metrics = Readonly<Record<string, Metric>>;

/** Significant digits of what is reported. */
const digits = 4;

export function computeMetrics(measured: Measurement): Metrics {
  const { loadSeconds, rssMegabytes, rules, memoryStream } = measured;
  return {
    json_parse_us: overStreams(
      measured,
      "us/event",
      "Time to read a file in chunks of 256 KiB and JSON.parse each line alone, without anything else.",
      ({ events, ms }) => (ms("parse") * 1000) / events,
    ),
    ...speedMetrics(measured),
    rules_curve: {
      value: rulesCurve(measured),
      unit: "us/event",
      how: `Time of ingest per event over all streams with 0, 1, 10 and 100 % of the ${rules} rules, chosen by a seed.`,
    },
    load_seconds: {
      value: rounded(loadSeconds),
      unit: "s",
      how: "Time in a fresh process to read, parse, check, lower and compile all rules and to build an engine on wasm.",
    },
    rss_mb: {
      value: rounded(rssMegabytes),
      unit: "MB",
      how: `Resident memory (10^6 bytes) of a fresh process that has loaded all rules and replayed ${memoryStream}, at its end.`,
    },
    rules: { value: rules, unit: "rules", how: "Number of valid rules that were loaded." },
    streams: describeStreams(measured),
    machine: {
      value: `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} threads, ${process.platform} ${process.arch}, Node ${process.versions.node}`,
      unit: "",
      how: "As the operating system and Node name them.",
    },
  };
}

function speedMetrics(measured: Measurement): Metrics {
  const overParse = (activity: Activity, how: string): Metric =>
    overStreams(measured, "x", how, ({ ms }) => ms("parse") / ms(activity));
  const batches = "Decoded batches through Engine.process with all rules";
  return {
    ingest_vs_json_parse: overParse(
      "ingest",
      "Events in a second from a JSON lines file to alerts by the replay command's own call, with all rules on wasm in one thread, over those of JSON.parse; the first quarter of a stream is not timed.",
    ),
    batches_vs_json_parse: overParse(
      "batches",
      `${batches} on wasm, in events in a second over those of JSON.parse; neither filling the batches nor the first quarter of a stream is timed.`,
    ),
    interpret_vs_json_parse: overParse(
      "interpret",
      `${batches} on the interpreter, in events in a second over those of JSON.parse; neither filling the batches nor the first quarter of a stream is timed.`,
    ),
    rules_cost_vs_json_parse: overStreams(
      measured,
      "x",
      "Time of ingest per event with all rules less that with none, over the time of JSON.parse per event; the first quarter of a stream is not timed.",
      ({ ms }) => (ms("ingest") - ms("none")) / ms("parse"),
    ),
    workers_speedup: overStreams(
      measured,
      "x",
      "Events in a second of ingest with two workers over those with one; the first quarter of a stream is not timed.",
      ({ ms }) => ms("ingest") / ms("shared"),
    ),
    replay_vs_json_parse: overParse(
      "logReplay",
      "Events in a second from a binary log to alerts by the replay command's own call, with all rules on wasm in one thread, over those of JSON.parse on the JSON lines; the first quarter of a stream is not timed where the log is read in pieces.",
    ),
    log_write_us: overStreams(
      measured,
      "us/event",
      "Time of kestrel convert's own call from a JSON lines file to a binary log, synced at its blocks, by event.",
      ({ events, ms }) => (ms("logWrite") * 1000) / events,
    ),
    log_bytes_per_event: packedMetric(measured, "log", "Size of the binary log by event."),
    gzip_bytes_per_event: packedMetric(
      measured,
      "gzip",
      "Size of the same JSON lines packed by gzip at its usual level, by event.",
    ),
    events_per_second: overStreams(
      measured,
      "events/s",
      "Events in a second from a JSON lines file to alerts, with all rules on wasm in one thread.",
      ({ events, ms }) => events / (ms("ingest") / 1000),
    ),
  };
}

function packedMetric(measured: Measurement, form: keyof Packed, how: string): Metric {
  const { streams, packed } = measured;
  const bytes = streams.reduce((sum, { name }) => sum + packed[name]![form], 0);
  const events = streams.reduce((sum, stream) => sum + stream.events, 0);
  const each = streams.map((stream) => [
    stream.name,
    rounded(packed[stream.name]![form] / stream.events),
  ]);
  return {
    value: rounded(bytes / events),
    unit: "B/event",
    how,
    by_stream: Object.fromEntries(each) as Record<string, number>,
  };
}

/** Events and times of one stream, or of all together. */
interface Sums {
  readonly events: number;
  readonly ms: (activity: Activity) => number;
}

/** The value is taken from the sums over all streams, not from the streams' values. */
function overStreams(
  { streams, times }: Measurement,
  unit: string,
  how: string,
  compute: (sums: Sums) => number,
): Metric {
  const all: Sums = {
    events: streams.reduce((sum, { events }) => sum + events, 0),
    ms: (activity) => streams.reduce((sum, { name }) => sum + times[activity][name]!, 0),
  };
  const each = streams.map(({ name, events }) => {
    const sums: Sums = { events, ms: (activity) => times[activity][name]! };
    return [name, rounded(compute(sums))] as const;
  });
  return { value: rounded(compute(all)), unit, how, by_stream: Object.fromEntries(each) };
}

function rulesCurve(measured: Measurement): Record<string, number> {
  const points = { 0: "none", 1: "few", 10: "some", 100: "ingest" } as const;
  const perEvent = Object.entries(points).map(([percent, activity]) => {
    const { value } = overStreams(
      measured,
      "",
      "",
      ({ events, ms }) => (ms(activity) * 1000) / events,
    );
    return [percent, value as number] as const;
  });
  return Object.fromEntries(perEvent);
}

function describeStreams({ streams }: Measurement): Metric {
  const described = streams.map(({ name, events, bytes, source }) => [
    name,
    { events, bytes, source },
  ]);
  return {
    value: Object.fromEntries(described) as Record<string, unknown>,
    unit: "",
    how: "The streams: events, bytes of JSON lines, and where they come from.",
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(digits));
}
