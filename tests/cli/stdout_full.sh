# SPDX-License-Identifier: MIT
# A full disk behind stdout is an error, whoever writes.
. "$PADWISE_CLI_TESTS/helpers.bash"
[ -c /dev/full ] || skip "no /dev/full"
for line in "help encode" "completion bash" "--version" "tokenize -q x" "tokenize -q --json x" "encode -q -o - x" "encode -q --json -o x.npz x"; do
    padwise $line 2>stderr >/dev/full
    echo "$line: exit $?, $(grep -c 'No space left on device' stderr) error"
done
