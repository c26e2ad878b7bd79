/** An event of this host, put together of pieces: `text()` is what it would be in a log. */
import type { FragmentCells } from "../../event/fragment-cells.ts";
import type { Fragment, OwnValues, PiecedEvent } from "../../event/pieced-event.ts";
import type { EventHead } from "./event-head.ts";
import { IsoTexts } from "./iso-texts.ts";
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
  /** Units of `sections`, about. */
  readonly sectionChars: number;
  /** All of this as values, where that is known without the texts. */
  readonly values: OwnValues | null;
}

/** Members of an event as `Particulars` has them; what is missing is empty. */
export interface GivenTexts {
  readonly outcome?: Outcome | null | undefined;
  readonly extension?: string | undefined;
  readonly process?: string | undefined;
  readonly sections?: string | undefined;
  /** The same as values, where they are known. */
  readonly values?: OwnValues | undefined;
}

/** What an event holds whose texts are made with it. */
export class Texts implements Particulars {
  readonly outcome: Outcome | null;
  readonly extension: string;
  readonly process: string;
  readonly sections: string;
  readonly values: OwnValues | null;

  constructor(texts: GivenTexts) {
    this.outcome = texts.outcome ?? null;
    this.extension = texts.extension ?? "";
    this.process = texts.process ?? "";
    this.sections = texts.sections ?? "";
    this.values = texts.values ?? null;
  }

  get sectionChars(): number {
    return this.sections.length;
  }
}

/** The members that all events of a process have until something about it changes. */
export class ProcessFragment implements Fragment {
  cells: FragmentCells | null = null;
  /** `"process":{...,"Ext":{...` with both objects open: texts that are put together, of which processes share some. */
  readonly process: readonly string[];
  /** `,"user":{...},"group":{...},"container":{...}`, as far as known. */
  readonly user: string;

  readonly chars: number;

  constructor(process: readonly string[], user: string) {
    this.process = process;
    this.user = user;
    this.chars = process.reduce((sum, text) => sum + text.length, user.length);
  }

  get texts(): readonly string[] {
    return ["{", ...this.process, "}}", this.user, "}"];
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
    const { extension, process, sectionChars } = this.#particulars;
    return extension.length + process.length + sectionChars + namingChars;
  }

  get values(): OwnValues | null {
    return this.#particulars.values;
  }

  own(isNamed: boolean): string {
    const { extension, process, sections } = this.#particulars;
    const names = isNamed ? `,"@timestamp":"${times.format(this.timeNs)}"` : "";
    const event = isNamed ? `,${this.#names()}${this.#outcome()}` : this.#outcome();
    const members =
      names +
      objectMember("event", event) +
      objectMember("process", objectMember("Ext", extension) + process) +
      sections;
    return `{${members.slice(1)}}`;
  }

  text(): string {
    let text = "";
    for (const part of this.parts()) text += part;
    return text;
  }

  parts(): readonly string[] {
    const { extension, process, sections } = this.#particulars;
    const { before, after } = this.head;
    return [
      `{"@timestamp":"${times.format(this.timeNs)}","event":{${this.#names()}` +
        `${before}${this.#outcome()}${after}`,
      ...this.process.process,
      `${extension}}${process}}${this.process.user}${sections}}`,
    ];
  }

  #names(): string {
    return `"id":"${this.head.run}-${this.#sequence.toString(36)}","sequence":${this.#sequence}`;
  }

  #outcome(): string {
    const { outcome } = this.#particulars;
    return outcome === null ? "" : `,"outcome":"${outcome}"`;
  }
}

/** Events that follow one another lie in the same second. */
const times: IsoTexts = new IsoTexts();

/** Units of an event's time, id, sequence number and outcome with their keys, about. */
const namingChars = 128;
