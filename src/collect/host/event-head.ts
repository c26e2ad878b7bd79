/** The member `event` and what follows from it: what is the same for all events of one action. */
import { wallNs } from "../../base/clock.ts";
import { findAction } from "../../schema/event-table.ts";
import { quote, textMember } from "./json-text.ts";
import type { Outcome } from "./network-text.ts";

interface Head {
  readonly before: string;
  readonly after: string;
}

/** Actions whose head is kept; there are fewer than that many system calls. */
const headLimit = 1024;

export class EventHeads {
  readonly #provider: string;
  readonly #host: string;
  readonly #namespace: string;
  /** Makes ids of this run different from those of others. */
  readonly #run: string = (wallNs() / 1_000_000n).toString(36);
  readonly #heads: Map<string, Head> = new Map();

  /** `hostMembers` with a comma in front, as every event has them; `namespace` of the data stream. */
  constructor(provider: string, hostMembers: string, namespace: string) {
    this.#provider = provider;
    this.#host = hostMembers;
    this.#namespace = namespace;
  }

  /** The members of `event`, its end, and the members `data_stream`, `agent` and `host` with a comma behind. */
  text(action: string, sequence: number, outcome: Outcome | null): string {
    let head = this.#heads.get(action);
    if (head === undefined) {
      head = this.#make(action);
      if (this.#heads.size >= headLimit) this.#heads.clear();
      this.#heads.set(action, head);
    }
    const id = `${this.#run}-${sequence.toString(36)}`;
    const result = outcome === null ? "" : `,"outcome":"${outcome}"`;
    return `"id":"${id}","sequence":${sequence}${head.before}${result}${head.after}`;
  }

  #make(action: string): Head {
    const known = findAction(action);
    const categories = known?.categories ?? ["process"];
    const types = known?.types ?? ["info"];
    const dataset = `kestrel.${categories[0]}`;
    const before =
      `,"kind":"${action === "already_running" ? "state" : "event"}"` +
      `,"category":${JSON.stringify(categories)},"type":${JSON.stringify(types)}` +
      textMember("action", action);
    const stream = `"dataset":${quote(dataset)},"namespace":${quote(this.#namespace)}`;
    const after =
      `${textMember("dataset", dataset)}${textMember("module", "kestrel")}` +
      `${textMember("provider", this.#provider)}},"data_stream":{${stream}}${this.#host},`;
    return { before, after };
  }
}
