/**
 * Replays files that are in order by several threads: one reads and scans lines into shared batches, the
 * main thread is an engine, and further threads are engines for a share of the event rules. Alerts,
 * digest and counters are those of one thread.
 */
import type { AlertRule } from "../../alert/alert.ts";
import { AlertDigest } from "../../alert/digest.ts";
import { type EngineCounters, engineLayout } from "../../engine/engine.ts";
import type { BatchLayout } from "../../event/layout.ts";
import type { RuleSet } from "../../rule/rule-set.ts";
import type { Schema } from "../../schema/schema.ts";
import { type Evaluation, InputTally } from "../evaluation.ts";
import { CommandFailure } from "../failure.ts";
import { HeldAlerts } from "../held-alerts.ts";
import { areInOrder } from "../order-check.ts";
import type { RejectFile } from "../reject-file.ts";
import type { ReplayOptions } from "../replay.ts";
import { AlertMerge } from "./alert-merge.ts";
import { createRing, type RingMemory } from "./batch-ring.ts";
import { Inbox } from "./inbox.ts";
import type {
  EngineMessage,
  EngineOrder,
  EngineSetup,
  Parcel,
  PlainSchema,
  ReleasedAlert,
  ScannerMessage,
  ScannerSetup,
} from "./messages.ts";
import { type RuleShare, shareRules } from "./rule-shares.ts";
import { SharedEngine } from "./shared-engine.ts";

/** What the threads run. */
export interface ThreadModules {
  readonly scanner: URL;
  readonly engine: URL;
}

const threadModules: ThreadModules = {
  scanner: new URL("./scanner-thread.js", import.meta.url),
  engine: new URL("./engine-thread.js", import.meta.url),
};

/**
 * Resolves to null, with no alert raised, where the inputs turn out not to be in order. Rejects with the
 * error of a thread that fails. No thread is left in either case. Tests give other `modules`.
 */
export async function replayShared(
  options: ReplayOptions,
  rejects: RejectFile,
  modules: ThreadModules = threadModules,
): Promise<Evaluation | null> {
  const inbox = new Inbox<Message>(isLast);
  try {
    return await new SharedReplay(options, rejects, modules, inbox).run();
  } finally {
    await inbox.close();
  }
}

type Message = ScannerMessage | EngineMessage;

class SharedReplay {
  readonly #options: ReplayOptions;
  readonly #inbox: Inbox<Message>;
  readonly #held: HeldAlerts;
  readonly #tally: InputTally;
  readonly #digest: AlertDigest = new AlertDigest();
  readonly #shares: readonly RuleShare[];
  readonly #engine: SharedEngine;
  readonly #merge: AlertMerge;
  readonly #scanner: number;
  /** Number of each further engine's thread, by its share less one. */
  readonly #threads: readonly number[];
  /** By index of the rule: what its alerts say of it, which else each would hold by itself. */
  readonly #described: Map<number, AlertRule> = new Map();
  #evaluated: number = 0;
  #dropped: number = 0;

  /** Starts the threads; whoever made `inbox` ends them. */
  constructor(
    options: ReplayOptions,
    rejects: RejectFile,
    modules: ThreadModules,
    inbox: Inbox<Message>,
  ) {
    this.#options = options;
    this.#inbox = inbox;
    this.#held = new HeldAlerts(options);
    this.#tally = new InputTally(rejects);
    this.#shares = shareRules(options.rules, (options.workers ?? 1) - 1);
    this.#merge = new AlertMerge(this.#shares.length, ({ alert }) => {
      this.#digest.add(alert);
      this.#held.take(alert);
    });
    const layout = engineLayout(options.rules, options.limits);
    const ring = createRing(layout);
    this.#scanner = this.#inbox.start(modules.scanner, this.#scannerSetup(layout, ring));
    this.#threads = this.#shares
      .slice(1)
      .map(({ rules }) => this.#inbox.start(modules.engine, engineSetup(options, rules, ring)));
    // The threads begin while this engine is made, which takes longest.
    this.#engine = new SharedEngine({ ...options, ring, rules: this.#shares[0]!.rules });
  }

  async run(): Promise<Evaluation | null> {
    if (!(await this.#runParcels())) return null;
    for (const thread of this.#threads) this.#order(thread, { kind: "finish" });
    this.#add(0, this.#engine.finish());
    const counters: EngineCounters[] = [this.#engine.counters];
    while (counters.length < this.#shares.length) {
      const { from, message } = (await this.#inbox.next())!;
      if (message.kind === "released") this.#add(this.#shareOf(from), message.alerts);
      else if (message.kind === "finished") {
        this.#add(this.#shareOf(from), message.alerts);
        counters.push(message.counters);
      }
    }
    this.#held.release();
    const totals = {
      evaluated: this.#evaluated,
      dropped: this.#dropped,
      digest: this.#digest,
      counters: addCounters(counters),
      lostSpans: this.#engine.lostSpans,
    };
    return { totals, tally: this.#tally, costs: null };
  }

  /** Hands batches to all engines until the input ends or the replay is aborted; false for disorder. */
  async #runParcels(): Promise<boolean> {
    const { signal } = this.#options;
    for (;;) {
      const received = await this.#inbox.next(signal);
      if (received === null) {
        await this.#inbox.end(this.#scanner);
        return true;
      }
      const { from, message } = received;
      if (message.kind === "end") return true;
      if (message.kind === "disorder") return false;
      if (message.kind === "unreadable") throw new CommandFailure(message.message);
      if (message.kind !== "parcel") this.#add(this.#shareOf(from), message.alerts);
      else await this.#take(message);
      if (this.#held.isFull) {
        if (!(await this.#areInOrder())) return false;
        this.#held.release();
      }
    }
  }

  async #take(parcel: Parcel): Promise<void> {
    const { onProgress, sinks } = this.#options;
    for (const thread of this.#threads) this.#order(thread, parcel);
    this.#add(0, this.#engine.run(parcel));
    this.#evaluated = parcel.evaluated;
    this.#dropped = parcel.dropped;
    for (const { rejection, line, input } of parcel.rejections) {
      this.#tally.reject(rejection, line, input);
    }
    for (const { message, input } of parcel.broken) this.#tally.breakOff(message, input);
    if (parcel.progress === null) return;
    onProgress?.({ phase: "read", ...parcel.progress });
    await Promise.all(sinks.map((sink) => sink.flush()));
  }

  async #areInOrder(): Promise<boolean> {
    return areInOrder({ ...this.#options, schema: this.#options.rules.schema });
  }

  /** Takes what the engine of a share released for its next batch. */
  #add(share: number, alerts: readonly ReleasedAlert[]): void {
    const { indexes } = this.#shares[share]!;
    const renumbered = alerts.map(({ alert, rule: own, order }): ReleasedAlert => {
      const rule = indexes[own]!;
      const described = this.#described.get(rule) ?? alert.rule;
      this.#described.set(rule, described);
      return { alert: { ...alert, rule: described }, rule, order };
    });
    this.#merge.add(share, renumbered);
  }

  #shareOf(thread: number): number {
    return this.#threads.indexOf(thread) + 1;
  }

  #order(thread: number, order: EngineOrder): void {
    this.#inbox.send(thread, order);
  }

  #scannerSetup(layout: BatchLayout, ring: RingMemory): ScannerSetup {
    const { inputs, limits, timestampField, timestampUnit, batchSize, seed } = this.#options;
    const { schema } = this.#options.rules;
    return {
      ...{ inputs, limits, timestampField, timestampUnit, batchSize, seed, ring },
      schema: plain(schema),
      layout,
      keepsRejects: this.#options.rejectFile !== undefined,
      readers: this.#shares.length,
    };
  }
}

function isLast({ kind }: Message): boolean {
  return kind !== "parcel" && kind !== "released";
}

function engineSetup(
  { backend, limits, engineVersion }: ReplayOptions,
  rules: RuleSet,
  ring: RingMemory,
): EngineSetup {
  // An engine reads neither a rule's text nor its tests.
  const light = rules.rules.map((compiled) => {
    const { rule } = compiled;
    const source = { name: rule.source.name, text: "" };
    return { ...compiled, rule: { ...rule, source, query: "", queryOffsets: null, tests: [] } };
  });
  return {
    rules: { ...rules, rules: light, schema: plain(rules.schema) },
    backend: backend.name,
    limits,
    engineVersion,
    ring,
  };
}

function plain({ version, fields }: Schema): PlainSchema {
  return { version, fields };
}

/** All engines see the same events and records; alerts and partial matches are each one's own. */
function addCounters(engines: readonly EngineCounters[]): EngineCounters {
  const sum = (count: (counters: EngineCounters) => number): number =>
    engines.reduce((total, counters) => total + count(counters), 0);
  return {
    ...engines[0]!,
    alerts: sum(({ alerts }) => alerts),
    suppressed: sum(({ suppressed }) => suppressed),
    evicted: sum(({ evicted }) => evicted),
    pending: sum(({ pending }) => pending),
  };
}
