/** The member `event` and what follows from it: what is the same for all events of one action. */
import { wallNs } from "../../base/clock.ts";
import type { FragmentCells } from "../../event/fragment-cells.ts";
import type { Fragment } from "../../event/pieced-event.ts";
import { findAction } from "../../schema/event-table.ts";
import { quote, textMember } from "./json-text.ts";

/** The members of `event` that all events of an action have, its end, and `data_stream`, `agent` and `host`. */
export class EventHead implements Fragment {
  cells: FragmentCells | null = null;
  /** Makes ids of this run different from those of others. */
  readonly run: string;
  readonly action: string;
  readonly category: string;
  /** What goes before and after `event.outcome`: with a comma in front; the second one with a comma behind as well. */
  readonly before: string;
  readonly after: string;

  constructor(run: string, action: string, category: string, before: string, after: string) {
    this.run = run;
    this.action = action;
    this.category = category;
    this.before = before;
    this.after = after;
  }

  get chars(): number {
    return this.before.length + this.after.length;
  }

  get texts(): readonly string[] {
    return [`{"event":{${this.before.slice(1)}${this.after.slice(0, -1)}}`];
  }
}

/** Actions whose head is kept; there are fewer than that many system calls. */
const headLimit = 1024;

export class EventHeads {
  readonly #provider: string;
  readonly #host: string;
  readonly #namespace: string;
  readonly #run: string = (wallNs() / 1_000_000n).toString(36);
  readonly #heads: Map<string, EventHead> = new Map();

  /** `hostMembers` with a comma in front, as every event has them; `namespace` of the data stream. */
  constructor(provider: string, hostMembers: string, namespace: string) {
    this.#provider = provider;
    this.#host = hostMembers;
    this.#namespace = namespace;
  }

  of(action: string): EventHead {
    let head = this.#heads.get(action);
    if (head === undefined) {
      head = this.#make(action);
      if (this.#heads.size >= headLimit) this.#heads.clear();
      this.#heads.set(action, head);
    }
    return head;
  }

  #make(action: string): EventHead {
    const known = findAction(action);
    const categories = known?.categories ?? ["process"];
    const types = known?.types ?? ["info"];
    const category = categories[0]!;
    const dataset = `kestrel.${category}`;
    const before =
      `,"kind":"${action === "already_running" ? "state" : "event"}"` +
      `,"category":${JSON.stringify(categories)},"type":${JSON.stringify(types)}` +
      textMember("action", action);
    const stream = `"dataset":${quote(dataset)},"namespace":${quote(this.#namespace)}`;
    const after =
      `${textMember("dataset", dataset)}${textMember("module", "kestrel")}` +
      `${textMember("provider", this.#provider)}},"data_stream":{${stream}}${this.#host},`;
    return new EventHead(this.#run, action, category, before, after);
  }
}
