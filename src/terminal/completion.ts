/** What completion needs to know of a command. */
export interface CompletedCommand {
  name: string;
  summary: string;
  /** Whether its argument is a server. */
  takesServer: boolean;
  /** What may stand behind it: `export` behind `catalog`. */
  subcommands: readonly string[];
  flags: { name: string; summary: string; values: readonly string[]; takesValue: boolean }[];
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/**
 * A completion script. oclif's own plug-in knows neither fish nor server names. These scripts ask `pgbak completion
 * --servers` at every use, so the names are never out of date.
 */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ name, flags }) => `    ${name}) flags="${flags.map((flag) => `--${flag.name}`).join(' ')}" ;;`,
  );
  const values = valueCases(
    commands,
    (flag, words) => `    --${flag}) COMPREPLY=($(compgen -W "${words}" -- "$word")); return ;;`,
  );
  return `# pgbak completion for bash. In ~/.bashrc: source <(pgbak completion bash)
_pgbak() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" flags=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$word"))
    return
  fi
  case "$previous" in
    --server) _pgbak_servers "$word"; return ;;
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
    ${serverCommands(commands).join('|')}) _pgbak_servers "$word" ;;
${topics(commands, ({ name, subcommands }) => `    ${name}) COMPREPLY=($(compgen -W "${subcommands.join(' ')}" -- "$word")) ;;`)}
  esac
}
# Names may hold spaces, so that they are taken line by line and quoted.
_pgbak_servers() {
  local name
  while IFS= read -r name; do
    [[ "$name" == "$1"* ]] && COMPREPLY+=("$(printf '%q' "$name")")
  done < <(pgbak completion --servers 2>/dev/null)
}
complete -o default -F _pgbak pgbak
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const text = (words: string) => words.replaceAll("'", String.raw`'\''`).replaceAll(/[[\]:]/g, String.raw`\$&`);
  const list = commands.map(({ name, summary }) => `    '${name}:${text(summary)}'`);
  const cases = commands.map(({ name, flags, takesServer, subcommands }) => {
    const specs = flags.map((flag) => {
      const action =
        flag.name === 'server' ? ':server:_pgbak_servers' : flag.takesValue ? `:value:(${flag.values.join(' ')})` : '';
      return `        '*--${flag.name}[${text(flag.summary)}]${action}'`;
    });
    const argument = takesServer
      ? ["        '1:server:_pgbak_servers'"]
      : subcommands.length > 0
        ? [`        '1:command:(${subcommands.join(' ')})'`]
        : [];
    return `      ${name})\n        _arguments \\\n${[...specs, ...argument].join(' \\\n')} ;;`;
  });
  return `#compdef pgbak
# pgbak completion for zsh. In ~/.zshrc, after compinit: source <(pgbak completion zsh)
_pgbak_servers() {
  local -a names
  names=("\${(@f)$(pgbak completion --servers 2>/dev/null)}")
  compadd -a names
}
_pgbak() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _pgbak pgbak
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const text = (words: string) => `'${words.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
  const lines = commands.flatMap(({ name, summary, flags, takesServer, subcommands }) => {
    const here = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c pgbak -f -n __fish_use_subcommand -a ${name} -d ${text(summary)}`,
      ...flags.map((flag) => {
        const values = flag.name === 'server' ? " -x -a '(pgbak completion --servers 2>/dev/null)'" : valuesOf(flag);
        return `complete -c pgbak ${here} -l ${flag.name}${values} -d ${text(flag.summary)}`;
      }),
      ...(subcommands.length > 0 ? [`complete -c pgbak ${here} -f -a '${subcommands.join(' ')}'`] : []),
      ...(takesServer ? [`complete -c pgbak ${here} -f -a '(pgbak completion --servers 2>/dev/null)'`] : []),
    ];
  });
  return `# pgbak completion for fish. Once: pgbak completion fish > ~/.config/fish/completions/pgbak.fish\n${lines.join('\n')}\n`;
}

function valuesOf({ values, takesValue }: CompletedCommand['flags'][number]): string {
  if (!takesValue) return '';
  return values.length === 0 ? ' -r' : ` -x -a '${values.join(' ')}'`;
}

function valueCases(commands: readonly CompletedCommand[], write: (flag: string, words: string) => string): string[] {
  const known = new Map<string, string>();
  for (const flag of commands.flatMap(({ flags }) => flags)) {
    if (flag.values.length > 0) known.set(flag.name, flag.values.join(' '));
  }
  return [...known].map(([flag, words]) => write(flag, words));
}

function topics(commands: readonly CompletedCommand[], write: (command: CompletedCommand) => string): string {
  return commands
    .filter(({ subcommands }) => subcommands.length > 0)
    .map((command) => write(command))
    .join('\n');
}

function serverCommands(commands: readonly CompletedCommand[]): string[] {
  return commands.filter(({ takesServer }) => takesServer).map(({ name }) => name);
}
