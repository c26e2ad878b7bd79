/** The part of the table of commands and flags (flags.ts) that is about explaining rules. */
import { defaultNearMisses } from "../study/explain.ts";
import type { CommandEntry, FlagEntry, Operand } from "./flags.ts";

/** `events` is the operand of the commands that read recordings. */
export function explainCommands(events: Operand): readonly CommandEntry[] {
  return [
    {
      name: "explain",
      summary: "tell why a rule fired, or what it missed by",
      description:
        "Replays recorded events through one rule and prints, for each alert, the values that made each condition true, and how near other events came: which condition failed by which value, or what else ended the partial match.",
      operands: [events],
      examples: [
        "kestrel explain events.jsonl --rule 6f0d2a7e --rules rules",
        "kestrel explain host.klog --rule web-shell --entity 81-1700 --format json",
        "kestrel explain host.klog --rule web-shell --at 2026-03-02T09:00:05Z",
      ],
    },
  ];
}

export const explainFlags: readonly FlagEntry[] = [
  {
    name: "rule",
    value: { kind: "text", label: "ID" },
    repeats: false,
    help: "id of the rule to explain",
    commands: ["explain"],
  },
  {
    name: "entity",
    value: { kind: "text", label: "VALUE" },
    repeats: false,
    help: "only what involves it: a value of the join key, or a process entity, host or user of an event",
    commands: ["explain"],
  },
  {
    name: "at",
    value: { kind: "text", label: "TIME" },
    repeats: false,
    help: "add the partial matches of that moment (ISO 8601)",
    commands: ["explain"],
  },
  {
    name: "top",
    value: { kind: "integer", label: "N", min: 1, max: 10_000 },
    repeats: false,
    preset: String(defaultNearMisses),
    help: "how many near misses to show",
    commands: ["explain"],
  },
];
