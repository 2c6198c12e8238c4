# SPDX-License-Identifier: MIT
# -o of a listing command: what it would have printed, whole or not at all.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise tokenize -q "a beaver" >printed
padwise tokenize -q -o written "a beaver" && cmp printed written && echo "the same"
echo old >kept
padwise info -o kept nosuch 2>/dev/null; echo "exit $?: $(cat kept)"
ls -A
