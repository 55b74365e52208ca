"""The scripts that make shells ask `kubectl-purreal` how a command line may go on; runs none."""

_BASH = """\
# completion of kubectl-purreal for bash
_kubectl_purreal() {
  local current="${COMP_WORDS[COMP_CWORD]}" answer directive line word
  local -a before=()
  COMPREPLY=()
  # bash makes three words of --output=json
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [ "$word" = = ] || before+=("$word"); done
  [ "$current" = = ] && current=""
  answer=$(kubectl-purreal __complete "${before[@]}" "$current" 2>/dev/null) || return
  directive="${answer##*:}"
  while IFS= read -r line; do
    [ "${line#:}" = "$line" ] || continue
    COMPREPLY+=("$(printf %q "${line%%$'\\t'*}")")
  done <<<"$answer"
  if [ "$directive" = 0 ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
  fi
}
complete -F _kubectl_purreal kubectl-purreal
"""

_ZSH = """\
#compdef kubectl-purreal
# completion of kubectl-purreal for zsh
_kubectl_purreal() {
  local answer directive line
  local -a found
  answer=$(kubectl-purreal __complete "${(@)words[2,CURRENT]}" 2>/dev/null) || return 1
  directive=${answer##*:}
  for line in ${(f)answer}; do
    [[ $line == :* ]] && continue
    line=${line//:/\\\\:}
    found+=(${line/$'\\t'/:})
  done
  (( ${#found} )) && _describe 'kubectl purreal' found
  [[ $directive == 0 ]] && _files
  return 0
}
compdef _kubectl_purreal kubectl-purreal
"""

_FISH = """\
# completion of kubectl-purreal for fish
function __kubectl_purreal
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (kubectl-purreal __complete $words[2..-1] "$current" 2>/dev/null)
    for line in $answer
        string match -q ':*' -- $line; or echo $line
    end
    if test "$answer[-1]" = ':0'
        __fish_complete_path "$current"
    end
end
complete -c kubectl-purreal -f -a '(__kubectl_purreal)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
