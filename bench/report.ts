/** The metrics as tables for people. */
import { renderTable } from "../src/console/table.ts";
import type { Metric, Metrics } from "./metrics.ts";

/** Three tables: the metrics, their values by stream, and the streams. */
export function reportText(metrics: Metrics): string {
  const { streams, machine, ...others } = metrics;
  const left = (title: string) => ({ title }) as const;
  const right = (title: string) => ({ title, align: "right" }) as const;
  const summary = Object.entries(others).flatMap(([name, metric]) => summaryRows(name, metric));
  const described = Object.entries(streams!.value as Record<string, Record<string, unknown>>);
  const measured = Object.entries(others).filter(([, { by_stream }]) => by_stream !== undefined);
  return [
    renderTable([left("metric"), right("value"), left("unit")], summary),
    renderTable(
      [left("stream"), ...measured.map(([name]) => right(name))],
      described.map(([stream]) => [
        stream,
        ...measured.map(([, { by_stream }]) => String(by_stream?.[stream] ?? "")),
      ]),
    ),
    renderTable(
      [left("stream"), right("events"), right("bytes"), left("source")],
      described.map(([stream, { events, bytes, source }]) =>
        [stream, events, bytes, source].map(String),
      ),
    ),
    `${machine!.value}\n`,
  ].join("\n");
}

/** One row, or one for each point of a curve. */
function summaryRows(name: string, { value, unit }: Metric): string[][] {
  if (typeof value !== "object") return [[name, String(value), unit]];
  return Object.entries(value).map(([point, at]) => [`${name} at ${point} %`, String(at), unit]);
}
