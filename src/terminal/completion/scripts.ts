export const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** What a completion answers in place of words where a file is meant. */
export const FILES = ':files';

/**
 * A completion script. oclif's own plug-in knows neither fish nor servers. The scripts ask `pgbak completion --complete` at
 * every use, so that they are never out of date and mean the same in each shell; it answers lines of a word, a tab and its
 * description.
 */
export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}

const BASH = `# pgbak completion for bash. In ~/.bashrc: source <(pgbak completion bash)
_pgbak() {
  local head="\${COMP_LINE:0:COMP_POINT}" raw done line value
  # Bash takes what stands behind a colon or an equals sign for a word of its own.
  raw="\${head##*[[:space:]]}"
  done="\${raw%"\${raw##*[:=]}"}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ${FILES} ]; then
      compopt -o default 2>/dev/null
      return
    fi
    value="\${line%%$'\\t'*}"
    COMPREPLY+=("$(printf '%q' "\${value#"$done"}")")
  done < <(pgbak completion --complete-line "$head" 2>/dev/null)
}
complete -F _pgbak pgbak
`;

const ZSH = `#compdef pgbak
# pgbak completion for zsh. In ~/.zshrc, after compinit: source <(pgbak completion zsh)
_pgbak() {
  local -a lines entries
  local line
  lines=("\${(@f)$(pgbak completion --complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "$lines[1]" == ${FILES} ]]; then
    _files
    return
  fi
  for line in $lines; do
    entries+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#entries )) && _describe -V pgbak entries
}
if [[ "$funcstack[1]" == _pgbak ]]; then _pgbak "$@"; else compdef _pgbak pgbak; fi
`;

const FISH = `# pgbak completion for fish. Once: pgbak completion fish > ~/.config/fish/completions/pgbak.fish
function __pgbak_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -q current[1]; or set current ''
    set -l lines (pgbak completion --complete $words[2..-1] $current 2>/dev/null)
    if test "$lines[1]" = ${FILES}
        __fish_complete_path $current
    else
        printf '%s\\n' $lines
    end
end
complete -c pgbak -f -k -a '(__pgbak_complete)'
`;
