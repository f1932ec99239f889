import { assertNever } from '../../common/assert-never.ts'
import type { CompletionShell } from './shells.ts'

/** The script for a shell. It knows no command and no flag: it asks `waylay __complete` at every press of the key. */
export function completionScript (shell: CompletionShell): string {
  switch (shell) {
    case 'bash': return BASH
    case 'zsh': return ZSH
    case 'fish': return FISH
    default: return assertNever(shell)
  }
}

// Works from bash 3.2 on, which macOS still has: no compopt there, no arrays from mapfile.
const BASH = `# Completion of waylay for bash:  source <(waylay completion bash)
_waylay () {
  local item others=none current="\${COMP_WORDS[COMP_CWORD]}"
  case "$current" in =|:) current= ;; esac
  COMPREPLY=()
  while IFS= read -r item; do
    case "$item" in
      :*) others="\${item#:}" ;;
      ?*) printf -v item '%q' "$item"; COMPREPLY+=("$item") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete bash -- "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  case "$others" in
    files) while IFS= read -r item; do COMPREPLY+=("$item"); done < <(compgen -f -- "$current") ;;
    dirs) while IFS= read -r item; do COMPREPLY+=("$item"); done < <(compgen -d -- "$current") ;;
    command) while IFS= read -r item; do COMPREPLY+=("$item"); done < <(compgen -c -f -- "$current") ;;
  esac
  if [ "$others" != none ] && type compopt >/dev/null 2>&1; then compopt -o filenames 2>/dev/null; fi
}
complete -F _waylay waylay`

const ZSH = `#compdef waylay
# Completion of waylay for zsh:  waylay completion zsh > "\${fpath[1]}/_waylay"
_waylay () {
  local item others=none
  local -a lines offered
  lines=("\${(@f)$("\${words[1]}" __complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  for item in "\${lines[@]}"; do
    case "$item" in
      :*) others="\${item#:}" ;;
      *$'\\t'*) offered+=("\${\${item%%$'\\t'*}//:/\\\\:}:\${item#*$'\\t'}") ;;
      ?*) offered+=("\${item//:/\\\\:}") ;;
    esac
  done
  (( \${#offered} )) && _describe -t waylay waylay offered
  case "$others" in
    files) _files ;;
    dirs) _files -/ ;;
    command) item=\${words[(i)--]}; shift $item words; (( CURRENT -= item )); _normal ;;
  esac
}
if [ "\${funcstack[1]}" = _waylay ]; then _waylay "$@"; else compdef _waylay waylay; fi`

const FISH = `# Completion of waylay for fish:  waylay completion fish > ~/.config/fish/completions/waylay.fish
function __waylay_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    test (count $current) -eq 0; and set current ''
    for item in ($before[1] __complete fish -- $before[2..-1] $current 2>/dev/null)
        switch $item
            case ':files'
                __fish_complete_path $current
            case ':dirs'
                __fish_complete_directories $current
            case ':command'
                __fish_complete_subcommand --fcs-skip=(contains -i -- -- $before)
            case ':*'
            case '*'
                echo $item
        end
    end
end
complete -c waylay -f -a '(__waylay_complete)'`
