# SPDX-License-Identifier: MIT
# Sourced by the scripts: . "$PADWISE_CLI_TESTS/helpers.bash"

# Run a command, stderr after its stdout, then its exit status.
try() {
    "$@" 2>try.stderr
    local status=$?
    cat try.stderr
    echo "exit $status"
}

# Evaluate a Python expression for each line of JSON on stdin; `o` is the object.
json() {
    python3 -c '
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    print(eval(sys.argv[1]))' "$1"
}

skip() {
    echo "$1" >&2
    exit 77
}

# A vocabulary of 40 merges, for models of a size of their own.
small_vocabulary() {
    mkdir -p "$1"
    for word in beaver blue teeth otter river tree; do
        for _ in 1 2 3 4 5; do echo "a $word with a $word and the $word"; done
    done >words.txt
    padwise vocab train -q --from words.txt --merges 20 -o "$1"
}
