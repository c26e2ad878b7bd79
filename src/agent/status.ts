/** The status of a live run, from what its parts count. */
import { engineVersion } from "../engine/version.ts";
import type { Feed } from "./feed.ts";
import type { FlightReport } from "./flight/flight-recorder.ts";
import type { LiveEngine } from "./live-engine.ts";
import type { Meter } from "./meter.ts";
import type { RuleStatus, RunStatus } from "./runtime.ts";

/** Rules whose cost is told. */
const topRules = 20;

/** What of a run is told beside its engine and its sources. */
export interface RunState {
  readonly meter: Meter;
  readonly reloads: number;
  readonly shedding: readonly string[];
  readonly flight: FlightReport | undefined;
}

export function statusOf(engine: LiveEngine, feed: Feed, run: RunState): RunStatus {
  const { meter, reloads, shedding, flight } = run;
  const { sources, rejected } = feed;
  const { rules, evaluated, counters } = engine;
  const dropped =
    engine.dropped + sources.reduce((sum, source) => sum + source.lost + source.dropped, 0);
  const waiting = feed.held + sources.reduce((sum, source) => sum + source.waiting, 0);
  const { cpu_seconds, rss_mb, latency_ms } = meter.totals;
  return {
    events: evaluated + rejected + dropped + waiting,
    evaluated,
    rejected,
    dropped,
    waiting,
    filtered_in_kernel: sources.reduce((sum, source) => sum + source.filtered_in_kernel, 0),
    gaps: counters.gaps,
    alerts: engine.digest.count,
    events_per_second: meter.rate,
    sources,
    rule_costs: dearest(engine),
    rules: rules.rules.length,
    rule_pack_hash: rules.packHash,
    engine_version: engineVersion,
    schema_version: rules.schema.version,
    uptime_seconds: meter.uptimeSeconds,
    cpu_seconds,
    rss_mb,
    memory: { ...engine.pipeline.engine.memory },
    latency_ms,
    shedding,
    reloads,
    ...(flight === undefined ? {} : { flight_recorder: flight }),
  };
}

function dearest(engine: LiveEngine): RuleStatus[] {
  const costs = engine.pipeline.engine.costs.rules.map((cost, index) => ({ cost, index }));
  return costs
    .sort((a, b) => b.cost.evaluations - a.cost.evaluations)
    .slice(0, topRules)
    .map(({ cost: { evaluations, alerts, suppressed, partials }, index }) => {
      const { id, name } = engine.rules.rules[index]!.rule;
      return { id, name, evaluations, alerts, suppressed, partials: partials?.live ?? 0 };
    });
}
