/** What a run is steered and watched by: its control socket and its metrics. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { openControlServer } from "../agent/control/control-server.ts";
import { metricsText } from "../agent/control/metrics.ts";
import { openMetricsServer } from "../agent/control/metrics-server.ts";
import { CommandFailure } from "../agent/failure.ts";
import type { RuleHistory } from "../agent/rule-history.ts";
import type { Runtime } from "../agent/runtime.ts";
import { systemReason } from "../base/system-reason.ts";
import type { Sink } from "../sink/contract.ts";
import type { Arguments } from "./arguments.ts";

/** Opens what `--control` and `--metrics` ask for. Returns what closes it; throws a CommandFailure. */
export async function openRunControl(
  args: Arguments,
  run: Runtime,
  sink: Sink,
  history: RuleHistory,
): Promise<() => void> {
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
