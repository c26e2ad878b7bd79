/** An event of this host, put together of pieces: `text()` is what it would be in a log. */
import { formatIso } from "../../base/time.ts";
import type { FragmentCells } from "../../event/fragment-cells.ts";
import type { Fragment, PiecedEvent } from "../../event/pieced-event.ts";
import type { EventHead } from "./event-head.ts";
import { objectMember } from "./json-text.ts";
import type { Outcome } from "./network-text.ts";

/** What an event holds beside its process and its host; texts are members with a comma in front. */
export interface Particulars {
  readonly outcome: Outcome | null;
  /** Members of `process.Ext`. */
  readonly extension: string;
  /** Members of `process`. */
  readonly process: string;
  /** Members of the event. */
  readonly sections: string;
}

/** The members that all events of a process have until something about it changes. */
export class ProcessFragment implements Fragment {
  cells: FragmentCells | null = null;
  /** `"process":{...,"Ext":{...` with both objects open. */
  readonly process: string;
  /** `,"user":{...},"group":{...},"container":{...}`, as far as known. */
  readonly user: string;

  constructor(process: string, user: string) {
    this.process = process;
    this.user = user;
  }

  get object(): string {
    return `{${this.process}}}${this.user}}`;
  }
}

/** Of one run of the agent: sequence numbers begin anew with each. */
export class HostEvent implements PiecedEvent {
  readonly kind = "pieces";
  readonly timeNs: bigint;
  readonly head: EventHead;
  readonly process: ProcessFragment;
  readonly #sequence: number;
  readonly #particulars: Particulars;

  constructor(
    timeNs: bigint,
    head: EventHead,
    process: ProcessFragment,
    sequence: number,
    particulars: Particulars,
  ) {
    this.timeNs = timeNs;
    this.head = head;
    this.process = process;
    this.#sequence = sequence;
    this.#particulars = particulars;
  }

  get action(): string {
    return this.head.action;
  }

  get category(): string {
    return this.head.category;
  }

  get ownChars(): number {
    const { extension, process, sections } = this.#particulars;
    return extension.length + process.length + sections.length + namingChars;
  }

  own(isNamed: boolean): string {
    const { extension, process, sections } = this.#particulars;
    const names = isNamed ? `,"@timestamp":"${formatIso(this.timeNs)}"` : "";
    const event = isNamed ? `,${this.#names()}${this.#outcome()}` : this.#outcome();
    const members =
      names +
      objectMember("event", event) +
      objectMember("process", objectMember("Ext", extension) + process) +
      sections;
    return `{${members.slice(1)}}`;
  }

  text(): string {
    const { extension, process, sections } = this.#particulars;
    const { before, after } = this.head;
    return (
      `{"@timestamp":"${formatIso(this.timeNs)}","event":{${this.#names()}` +
      `${before}${this.#outcome()}${after}` +
      `${this.process.process}${extension}}${process}}${this.process.user}${sections}}`
    );
  }

  #names(): string {
    return `"id":"${this.head.run}-${this.#sequence.toString(36)}","sequence":${this.#sequence}`;
  }

  #outcome(): string {
    const { outcome } = this.#particulars;
    return outcome === null ? "" : `,"outcome":"${outcome}"`;
  }
}

/** Units of an event's time, id, sequence number and outcome with their keys, about. */
const namingChars = 128;
