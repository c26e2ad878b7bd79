/** The commands, in the order of the help. */
import { controlCommandTable } from "./control-flag-table.ts";
import { explainCommands } from "./explain-flag-table.ts";
import { type CommandEntry, type Operand, shells } from "./flags.ts";
import { logCommands } from "./log-flag-table.ts";

const events: Operand = {
  name: "EVENTS",
  required: true,
  rest: true,
  help: "logs (.klog), folders of logs, JSON lines, plain or gzip; - for standard input",
};

export const commandTable: readonly CommandEntry[] = [
  {
    name: "validate",
    summary: "check rules",
    description:
      "Checks rules and prints what is wrong with them. Exits with 0 when none is invalid, 1 when some are.",
    operands: [
      {
        name: "FILES",
        required: false,
        rest: true,
        help: "rule files or folders; - for standard input",
      },
    ],
    examples: [
      "kestrel validate",
      "kestrel validate --rules rules --rules more-rules --format json",
      "kestrel validate shell.eql",
      "echo 'process where process.name == \"sh\"' | kestrel validate -",
    ],
  },
  {
    name: "list",
    summary: "list rules",
    description:
      "Lists rules with id, name, version, severity, state, cost, kind and path. With --coverage it tells instead which of them can fire on what this program collects.",
    operands: [],
    examples: [
      "kestrel list",
      "kestrel list --rules rules --coverage",
      "kestrel list --rules rules --only severity:high --format json",
    ],
  },
  {
    name: "replay",
    summary: "run rules over recorded events",
    description:
      "Reads all events, sorts them by time and runs the rules over them. The same events and rules give the same alerts and digest, always.",
    operands: [events],
    examples: [
      "kestrel replay events.jsonl --rules rules",
      "kestrel replay a.jsonl.gz b.jsonl.gz --alerts alerts.jsonl --format json",
      "zcat events.jsonl.gz | kestrel replay - --only tag:linux --format text",
      "kestrel replay events.jsonl --alerts alerts.jsonl --expect 3f5a...",
      "kestrel replay host.klog --from 2026-03-02T09:00:00Z --to 2026-03-02T10:00:00Z",
      "kestrel replay host.klog --compare events.jsonl.gz",
    ],
  },
  {
    name: "profile",
    summary: "tell which rules are dear",
    description:
      "Replays recorded events and prints the rules, predicates and fields that cost most. With a budget it exits with 1 where rules cost more than it allows.",
    operands: [events],
    examples: [
      "kestrel profile events.jsonl --rules rules",
      "kestrel profile events.jsonl --rules rules --write-budget budget.yaml",
      "kestrel profile events.jsonl --rules rules --budget budget.yaml --format json",
    ],
  },
  {
    name: "backtest",
    summary: "review a change of rules",
    description:
      "Replays recorded events through rules as they were and as they are, and prints which alerts appear, disappear or change, rule by rule.",
    operands: [events],
    examples: [
      "kestrel backtest events.jsonl --rules new-rules --against rules",
      "kestrel backtest events.jsonl --rules new-rules --against rules --format junit > results.xml",
    ],
  },
  {
    name: "query",
    summary: "search recorded events with EQL",
    description:
      "Runs one EQL query, pipes allowed, over recorded events and prints the events (or sequences) that match.",
    operands: [{ name: "EQL", required: true, rest: false, help: "the query" }, events],
    examples: [
      "kestrel query 'process where process.name == \"sh\"' events.jsonl",
      "kestrel query 'network where true | unique destination.ip | head 10' events.jsonl.gz --format json",
    ],
  },
  ...explainCommands(events),
  {
    name: "test",
    summary: "run the tests that rules carry",
    description: "Runs the tests of rules. Exits with 0 when all pass, 1 when some fail.",
    operands: [],
    examples: ["kestrel test", "kestrel test --rules rules --format junit > results.xml"],
  },
  {
    name: "run",
    summary: "follow live sources and alert",
    description:
      "Takes what happens from live sources, runs the rules and alerts at once. Prints `ready` on standard error when its sources are attached. SIGHUP loads the rules anew, Ctrl-C ends it cleanly.",
    operands: [],
    examples: [
      "kestrel run --rules rules --alerts alerts.jsonl",
      "kestrel run --source ebpf --cgroup /sys/fs/cgroup/system.slice --source socket:/run/kestrel/events.sock",
      "kestrel run --source jsonl:/var/log/events.jsonl --rules rules",
      "producer | kestrel run --source jsonl:- --alerts alerts.jsonl",
      "kestrel run --alerts alerts.jsonl --flight-recorder 64MB --flight-slices slices",
      "kestrel run --source jsonl:events.jsonl --for 60 --format text",
    ],
  },
  {
    name: "doctor",
    summary: "tell what this machine offers",
    description:
      "Tells what this machine offers to live sources, what is missing, and the command that mends it. With --config it checks a configuration and exits with 1 where it can't be used.",
    operands: [],
    examples: ["kestrel doctor", "kestrel doctor --config examples/kestrel.yaml --format json"],
  },
  ...controlCommandTable,
  ...logCommands,
  {
    name: "completion",
    summary: "print a completion script for a shell",
    description: "Prints a completion script for bash, zsh or fish.",
    operands: [
      { name: "SHELL", required: true, rest: false, help: shells.join(", "), choices: shells },
    ],
    examples: [
      "kestrel completion bash > ~/.local/share/bash-completion/completions/kestrel",
      "kestrel completion zsh > ~/.zfunc/_kestrel",
      "kestrel completion fish > ~/.config/fish/completions/kestrel.fish",
    ],
  },
];
