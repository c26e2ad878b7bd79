/** The status of a running agent, for people. */
import type { RunStatus } from "../agent/runtime.ts";
import type { Paint } from "./color.ts";
import { grouped } from "./summary-text.ts";
import { renderTable } from "./table.ts";
import { visible } from "./visible.ts";

/** Some lines with counters, then a table of sources and one of the dearest rules. */
export function statusText(status: RunStatus, paint: Paint): string {
  return `${countersText(status, paint)}\n${sourcesText(status)}\n${rulesText(status)}`;
}

function countersText(status: RunStatus, paint: Paint): string {
  const { p50, p99 } = status.latency_ms;
  const latency = p50 === null ? "none yet" : `${p50} ms median, ${p99} ms at 99 %`;
  const lost = `${grouped(status.dropped)} dropped, ${grouped(status.gaps)} gaps`;
  const lines = [
    ["events", `${grouped(status.events)}, ${grouped(status.events_per_second)} a second`],
    ["lost", paint(status.dropped > 0 ? "bad" : "good", lost)],
    ["rejected", grouped(status.rejected)],
    ["waiting", grouped(status.waiting)],
    ["alerts", paint(status.alerts > 0 ? "warn" : "good", grouped(status.alerts))],
    ["latency", latency],
    ["rules", `${grouped(status.rules)}, reloaded ${grouped(status.reloads)} times`],
    ["process", `up ${status.uptime_seconds} s, CPU ${status.cpu_seconds} s, ${status.rss_mb} MB`],
  ];
  if (status.shedding.length > 0)
    lines.push(["shedding", paint("bad", status.shedding.join(", "))]);
  return lines.map(([name, text]) => `${name!.padEnd(10)}${text}\n`).join("");
}

function sourcesText({ sources }: RunStatus): string {
  return renderTable(
    [
      { title: "source" },
      { title: "received", align: "right" },
      { title: "lost", align: "right" },
      { title: "waiting", align: "right" },
      { title: "state" },
    ],
    sources.map(({ spec, received, lost, dropped, waiting, open }) => [
      visible(spec),
      grouped(received),
      grouped(lost + dropped),
      grouped(waiting),
      open ? "open" : "ended",
    ]),
  );
}

function rulesText({ rule_costs: costs }: RunStatus): string {
  return renderTable(
    [
      { title: "evaluations", align: "right" },
      { title: "alerts", align: "right" },
      { title: "partials", align: "right" },
      { title: "rule" },
    ],
    costs.map(({ name, evaluations, alerts, partials }) => [
      grouped(evaluations),
      grouped(alerts),
      grouped(partials),
      visible(name),
    ]),
  );
}
