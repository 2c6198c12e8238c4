# SPDX-License-Identifier: MIT
# Colours when asked for; none in a pipe, with NO_COLOR, or with --json.
escape=$(printf '\033')
count() { "$@" 2>&1 | grep -c "$escape"; }
echo "pipe: $(count padwise tokenize "a beaver")"
echo "NO_COLOR: $(NO_COLOR=1 count padwise tokenize "a beaver")"
echo "never: $(count padwise tokenize --color never "a beaver")"
echo "json: $(count padwise tokenize --json --color always "a beaver")"
[ "$(count padwise tokenize --color always "a beaver")" -gt 0 ] && echo "always: some"
[ "$(count padwise encode --color=always "a beaver")" -gt 0 ] && echo "encode: some"
[ "$(count padwise help --color=always encode)" -gt 0 ] && echo "help: some"
[ "$(count padwise info --color=always nosuch)" -gt 0 ] && echo "errors: some"
