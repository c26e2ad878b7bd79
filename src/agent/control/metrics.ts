/** A run's status in Prometheus' text exposition format (version 0.0.4). */
import type { SinkCounters } from "../../sink/contract.ts";
import type { RunStatus } from "../runtime.ts";

/** One metric: its name, kind, meaning, and its samples. */
interface Metric {
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly help: string;
  readonly samples: (status: RunStatus, sinks: SinkCounters) => readonly Sample[];
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | null;
}

const one = (value: number | null): readonly Sample[] => [{ value }];

/** All metrics, which docs/operating.md explains under the same names. */
export const metricTable: readonly Metric[] = [
  {
    name: "kestrel_info",
    kind: "gauge",
    help: "What runs; always 1.",
    samples: ({ engine_version: version, schema_version: schema, rule_pack_hash: rules }) => [
      { labels: { version, schema, rules }, value: 1 },
    ],
  },
  {
    name: "kestrel_events_total",
    kind: "counter",
    help: "Events by what became of them.",
    samples: ({ evaluated, rejected, dropped }) =>
      Object.entries({ evaluated, rejected, dropped }).map(([outcome, value]) => ({
        labels: { outcome },
        value,
      })),
  },
  {
    name: "kestrel_events_waiting",
    kind: "gauge",
    help: "Events received and not evaluated yet.",
    samples: ({ waiting }) => one(waiting),
  },
  {
    name: "kestrel_source_events_total",
    kind: "counter",
    help: "Events that a source gave.",
    samples: ({ sources }) =>
      sources.map(({ spec, received }) => ({ labels: { source: spec }, value: received })),
  },
  {
    name: "kestrel_source_lost_total",
    kind: "counter",
    help: "Events lost by a source or dropped on the bus.",
    samples: ({ sources }) =>
      sources.map(({ spec, lost, dropped }) => ({
        labels: { source: spec },
        value: lost + dropped,
      })),
  },
  {
    name: "kestrel_filtered_in_kernel_total",
    kind: "counter",
    help: "Events kept back in the kernel because no rule asks for them.",
    samples: (status) => one(status.filtered_in_kernel),
  },
  {
    name: "kestrel_gaps_total",
    kind: "counter",
    help: "Gap records in the stream.",
    samples: ({ gaps }) => one(gaps),
  },
  {
    name: "kestrel_alerts_total",
    kind: "counter",
    help: "Alerts raised.",
    samples: ({ alerts }) => one(alerts),
  },
  {
    name: "kestrel_alerts_delivered_total",
    kind: "counter",
    help: "Deliveries of alerts, over all sinks.",
    samples: (_status, { written }) => one(written),
  },
  {
    name: "kestrel_alerts_lost_total",
    kind: "counter",
    help: "Deliveries of alerts that failed for good, over all sinks.",
    samples: (_status, { lost }) => one(lost),
  },
  {
    name: "kestrel_slices_total",
    kind: "counter",
    help: "Alerts by what became of their slices.",
    samples: ({ flight_recorder: flight }) => {
      if (flight === undefined) return [];
      const { written, incomplete, refused, failed } = flight.slices;
      const outcomes = { whole: written - incomplete, incomplete, refused, failed };
      return Object.entries(outcomes).map(([outcome, value]) => ({ labels: { outcome }, value }));
    },
  },
  {
    name: "kestrel_rules",
    kind: "gauge",
    help: "Rules in use.",
    samples: ({ rules }) => one(rules),
  },
  {
    name: "kestrel_rule_reloads_total",
    kind: "counter",
    help: "Times that other rules were swapped in.",
    samples: ({ reloads }) => one(reloads),
  },
  {
    name: "kestrel_alert_latency_seconds",
    kind: "gauge",
    help: "Event to alert, by quantile.",
    samples: ({ latency_ms: { p50, p99 } }) => [
      { labels: { quantile: "0.5" }, value: p50 === null ? null : p50 / 1000 },
      { labels: { quantile: "0.99" }, value: p99 === null ? null : p99 / 1000 },
    ],
  },
  {
    name: "kestrel_uptime_seconds",
    kind: "gauge",
    help: "Time since the run began.",
    samples: (status) => one(status.uptime_seconds),
  },
  {
    name: "process_cpu_seconds_total",
    kind: "counter",
    help: "CPU time of the process.",
    samples: (status) => one(status.cpu_seconds),
  },
  {
    name: "process_resident_memory_bytes",
    kind: "gauge",
    help: "Resident memory of the process.",
    samples: (status) => one(Math.round(status.rss_mb * 1_000_000)),
  },
];

/** The exposition; a value that is not known yet has no line. */
export function metricsText(status: RunStatus, sinks: SinkCounters): string {
  return metricTable
    .map(({ name, kind, help, samples }) => {
      const lines = samples(status, sinks).flatMap(({ labels, value }) =>
        value === null ? [] : [`${name}${labelText(labels)} ${value}\n`],
      );
      return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join("")}`;
    })
    .join("");
}

function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  if (labels === undefined) return "";
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
