/** Completion scripts for shells, made from the flag table. */
import { type CommandEntry, type FlagEntry, flagsOf } from "./flags.ts";

/** The script for `shell`, one of bash, zsh, fish; undefined for another one. */
export function completionScript(
  shell: string,
  commands: readonly CommandEntry[],
): string | undefined {
  switch (shell) {
    case "bash":
      return bashScript(commands);
    case "zsh":
      return zshScript(commands);
    case "fish":
      return fishScript(commands);
    default:
      return undefined;
  }
}

function bashScript(commands: readonly CommandEntry[]): string {
  const names = commands.map((command) => command.name).join(" ");
  const cases = commands.flatMap((command) => [
    `    ${command.name})`,
    `      flags="${flagsOf(command.name)
      .map((flag) => `--${flag.name}`)
      .join(" ")} --help"`,
    `      words="${operandChoices(command).join(" ")}"`,
    "      ;;",
  ]);
  const values = commands.flatMap((command) =>
    flagsOf(command.name).flatMap((flag) => {
      const choices = choicesOf(flag);
      if (choices !== null) {
        return `    ${command.name}:--${flag.name}) words="${choices.join(" ")}"; value=1 ;;`;
      }
      if (flag.value?.kind === "path") return `    ${command.name}:--${flag.name}) value=2 ;;`;
      return flag.value === null ? [] : `    ${command.name}:--${flag.name}) value=1 ;;`;
    }),
  );
  return `# kestrel completion for bash
_kestrel() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}" flags="" words="" value=0
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} --help --version" -- "$cur"))
    return
  fi
  case "$command" in
${cases.join("\n")}
  esac
  case "$command:$prev" in
${values.join("\n")}
  esac
  if [ "$value" -eq 1 ]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  elif [ "$value" -eq 2 ]; then
    COMPREPLY=($(compgen -f -- "$cur"))
  elif [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _kestrel kestrel
`;
}

function zshScript(commands: readonly CommandEntry[]): string {
  const names = commands.map(
    (command) => `    ${singleQuoted(`${command.name}:${command.summary}`)}`,
  );
  const cases = commands.flatMap((command) => {
    const operands = operandChoices(command);
    const rest = operands.length > 0 ? `*:word:(${operands.join(" ")})` : "*:file:_files";
    const specs = [...flagsOf(command.name).map(zshSpec), singleQuoted(rest)];
    return [`    ${command.name})`, `      _arguments ${specs.join(" \\\n        ")}`, "      ;;"];
  });
  return `#compdef kestrel
# kestrel completion for zsh
_kestrel() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT -= 1 ))
  case "$command" in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_kestrel" ]; then
  _kestrel "$@"
else
  compdef _kestrel kestrel
fi
`;
}

function zshSpec(flag: FlagEntry): string {
  const help = flag.help.replace(/[[\]:\\]/g, "\\$&");
  const head = `${flag.repeats ? "*" : ""}--${flag.name}[${help}]`;
  const choices = choicesOf(flag);
  if (choices !== null) return singleQuoted(`${head}:${flag.name}:(${choices.join(" ")})`);
  if (flag.value === null) return singleQuoted(head);
  const offer = flag.value.kind === "path" ? "_files" : " ";
  return singleQuoted(`${head}:${flag.value.label}:${offer}`);
}

function fishScript(commands: readonly CommandEntry[]): string {
  const lines = ["# kestrel completion for fish"];
  for (const command of commands) {
    const summary = singleQuoted(command.summary);
    lines.push(`complete -c kestrel -n __fish_use_subcommand -f -a ${command.name} -d ${summary}`);
  }
  for (const command of commands) {
    const seen = singleQuoted(`__fish_seen_subcommand_from ${command.name}`);
    const operands = operandChoices(command);
    if (operands.length > 0) {
      lines.push(`complete -c kestrel -n ${seen} -f -a ${singleQuoted(operands.join(" "))}`);
    }
    for (const flag of flagsOf(command.name)) {
      const parts = [`complete -c kestrel -n ${seen} -l ${flag.name}`];
      const choices = choicesOf(flag);
      if (choices !== null) parts.push("-x", "-a", singleQuoted(choices.join(" ")));
      else if (flag.value?.kind === "path") parts.push("-r", "-F");
      else if (flag.value !== null) parts.push("-x");
      parts.push("-d", singleQuoted(flag.help));
      lines.push(parts.join(" "));
    }
  }
  return `${lines.join("\n")}\n`;
}

function choicesOf(flag: FlagEntry): readonly string[] | null {
  return flag.value?.kind === "choice" ? flag.value.choices : null;
}

function operandChoices(command: CommandEntry): readonly string[] {
  return command.operands.flatMap((operand) => operand.choices ?? []);
}

/** Quoted for all three shells: none of the texts holds a backslash at its end. */
function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
