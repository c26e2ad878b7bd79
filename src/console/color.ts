/** Colours, only where a terminal shows them. */
import { styleText } from "node:util";

/** What a piece of text is; the colours are chosen here alone. */
export type Ink = "strong" | "faint" | "good" | "bad" | "warn" | "accent";

/** Gives `text` the colour of `ink`, or leaves it as it is. */
export type Paint = (ink: Ink, text: string) => string;

const styles: Readonly<Record<Ink, Parameters<typeof styleText>[0]>> = {
  strong: "bold",
  faint: "gray",
  good: "green",
  bad: ["bold", "red"],
  warn: "yellow",
  accent: "cyan",
};

/** What `usesColor` reads of an output. */
export interface Terminal {
  readonly isTTY?: boolean;
}

/** Whether to colour: on a terminal, unless `NO_COLOR` is set or it is a dumb one. */
export function usesColor(
  stream: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  return stream.isTTY === true && environment["TERM"] !== "dumb";
}

export function createPaint(color: boolean): Paint {
  if (!color) return (_ink, text) => text;
  return (ink, text) => styleText(styles[ink], text, { validateStream: false });
}
