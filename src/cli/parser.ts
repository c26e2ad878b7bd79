/** The command line parser and its help, made from the flag table. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type ExitCode, exitCodeHelp, exitCodes } from "../agent/exit-codes.ts";
import { Arguments } from "./arguments.ts";
import { type CommandEntry, type FlagEntry, type FlagValue, flagsOf } from "./flags.ts";

/** What carries out a command. */
export type CommandHandler = (args: Arguments) => Promise<ExitCode>;

export interface ParserOptions {
  readonly version: string;
  readonly commands: readonly CommandEntry[];
  readonly handle: (command: CommandEntry, args: Arguments) => Promise<ExitCode>;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/**
 * Parses `argv` (without the program's own name) and carries it out. Wrong usage is told with the
 * usage of the command that was meant, and ends with `exitCodes.usage`.
 */
export async function parseAndRun(
  argv: readonly string[],
  options: ParserOptions,
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const program = createProgram(options, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  return exitCode;
}

function createProgram(options: ParserOptions, onExit: (code: ExitCode) => void): Command {
  const program = new Command("kestrel");
  prepare(program, options);
  program
    .description("Endpoint behaviour detection: EQL rules over one typed event stream.")
    .version(options.version, "--version", "print the version")
    .helpCommand(false)
    .showHelpAfterError("try `kestrel --help`")
    .addHelpText("after", `\nExit codes:\n${exitCodeLines()}`);
  for (const entry of options.commands) {
    program.addCommand(createCommand(entry, options, onExit));
  }
  return program;
}

function prepare(command: Command, options: ParserOptions): void {
  command
    .exitOverride()
    .helpOption("-h, --help", "show this help")
    .configureOutput({ writeOut: options.writeOut, writeErr: options.writeError });
}

function createCommand(
  entry: CommandEntry,
  options: ParserOptions,
  onExit: (code: ExitCode) => void,
): Command {
  const command = new Command(entry.name);
  prepare(command, options);
  command.summary(entry.summary).description(entry.description);
  for (const operand of entry.operands) {
    const name = operand.rest ? `${operand.name}...` : operand.name;
    const argument = new Argument(operand.required ? `<${name}>` : `[${name}]`, operand.help);
    if (operand.choices !== undefined) argument.choices(operand.choices);
    command.addArgument(argument);
  }
  const flags = flagsOf(entry.name);
  for (const flag of flags) command.addOption(createOption(flag));
  const examples = entry.examples.map((example) => `  ${example}\n`).join("");
  command.addHelpText("after", `\nExamples:\n${examples}`);
  command.showHelpAfterError(
    `usage: kestrel ${entry.name} ${command.usage()}\ntry \`kestrel ${entry.name} --help\``,
  );
  command.action(async () => {
    const given = command.opts<Record<string, unknown>>();
    const values = new Map(flags.map((flag) => [flag.name, givenValue(flag.name, given)]));
    const operands = command.processedArgs as (string | string[] | undefined)[];
    onExit(await options.handle(entry, new Arguments(operands, values)));
  });
  return command;
}

function createOption(flag: FlagEntry): Option {
  const { name, value, help, preset } = flag;
  const text = preset === undefined ? help : `${help} (default: ${preset})`;
  if (value === null) return new Option(`--${name}`, text);
  const option = new Option(`--${name} <${value.label}>`, text);
  if (value.kind === "choice") return option.choices(value.choices);
  return option.argParser((given: string, previous: unknown) => {
    const parsed = parseValue(value, given);
    if (!flag.repeats) return parsed;
    return [...(Array.isArray(previous) ? previous : []), parsed];
  });
}

function parseValue(value: Exclude<FlagValue, { kind: "choice" }>, given: string): unknown {
  switch (value.kind) {
    case "text":
    case "path":
      if (given === "") throw new InvalidArgumentError("It must not be empty.");
      return given;
    case "integer": {
      const number = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      if (number >= value.min && number <= value.max) return number;
      throw new InvalidArgumentError(
        `It must be a whole number from ${value.min} to ${value.max}.`,
      );
    }
    case "number": {
      const number = /^\d{1,9}(?:\.\d{1,9})?$/.test(given) ? Number(given) : Number.NaN;
      if (number >= value.min) return number;
      throw new InvalidArgumentError(`It must be a number from ${value.min} on.`);
    }
  }
}

function exitCodeLines(): string {
  return exitCodeHelp.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}\n`).join("");
}

/** What was given for a flag. Of `--no-x` commander keeps that `x` is false. */
function givenValue(name: string, given: Record<string, unknown>): unknown {
  if (!name.startsWith("no-")) return given[camelCase(name)];
  return given[camelCase(name.slice("no-".length))] === false;
}

/** The name under which commander keeps `--batch-size`: `batchSize`. */
function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
