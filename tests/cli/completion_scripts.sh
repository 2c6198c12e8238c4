# SPDX-License-Identifier: MIT
# The shells accept their scripts, and bash completes commands, options and values by it.
for shell in bash zsh fish; do
    padwise completion $shell >script.$shell
    command -v $shell >/dev/null || continue
    $shell -n script.$shell || echo "$shell does not accept its script"
done
source script.bash
complete_line() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _padwise
    echo "$*: ${COMPREPLY[*]}"
}
complete_line padwise to
complete_line padwise encode --tok
complete_line padwise encode --precision h
complete_line padwise encode --mask ""
complete_line padwise completion ""
try() { "$@"; echo "exit $?"; }
try padwise completion tcsh 2>&1
