/** What a run is steered and watched by: its control socket and its metrics. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { openControlServer } from "../agent/control/control-server.ts";
import { metricsText } from "../agent/control/metrics.ts";
import { openMetricsServer } from "../agent/control/metrics-server.ts";
import { CommandFailure } from "../agent/failure.ts";
import type { RuleHistory } from "../agent/rule-history.ts";
import type { RuleSwitches } from "../agent/rule-switches.ts";
import type { Runtime } from "../agent/runtime.ts";
import { systemReason } from "../base/system-reason.ts";
import { type LeveledLog, type LogLevel, logLevels } from "../console/log.ts";
import type { Sink } from "../sink/contract.ts";
import type { Arguments } from "./arguments.ts";

/** What a running agent is steered with. */
export interface Steering {
  readonly run: Runtime;
  readonly sink: Sink;
  readonly history: RuleHistory;
  readonly switches: RuleSwitches;
  readonly log: LeveledLog;
}

/** Opens what `--control` and `--metrics` ask for. Returns what closes it; throws a CommandFailure. */
export async function openRunControl(args: Arguments, steering: Steering): Promise<() => void> {
  const { run, sink, history, switches, log } = steering;
  const metrics = (): string => metricsText(run.status(), sink.counters);
  const address = args.text("metrics");
  const server = address === undefined ? null : await openMetricsServer(address, metrics);
  const path = args.text("control");
  try {
    const control =
      path === undefined
        ? null
        : await openSocket(path, {
            status: () => run.status(),
            metrics,
            reload: () => run.reload(),
            rollback: () => history.rollBack(run),
            disable: (term) => switches.disable(run, term),
            enable: (term) => switches.enable(run, term),
            "log-level": (level) => changeLevel(log, level),
            flush: () => sink.flush(),
            stop: () => run.stop(),
          });
    return () => {
      control?.close();
      server?.close();
      server?.closeAllConnections();
    };
  } catch (error) {
    server?.close();
    throw error;
  }
}

/** The level of the log, after it was changed where one is given. */
function changeLevel(log: LeveledLog, wanted: string | null): { readonly log_level: LogLevel } {
  const level = logLevels.find((known) => known === wanted);
  if (wanted !== null && level === undefined) {
    throw new Error(`use one of ${logLevels.join(", ")}`);
  }
  if (level !== undefined) log.level = level;
  return { log_level: log.level };
}

async function openSocket(
  path: string,
  handlers: Parameters<typeof openControlServer>[1],
): Promise<Awaited<ReturnType<typeof openControlServer>>> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return await openControlServer(path, handlers);
  } catch (error) {
    throw new CommandFailure(`--control ${path}: ${systemReason(error)}`, undefined, error);
  }
}
