# SPDX-License-Identifier: MIT
# Sourced by the scripts: . "$PADWISE_CLI_TESTS/helpers.bash"

# Python of the scripts finds tensor_file.py, and leaves nothing beside it.
export PYTHONPATH="$PADWISE_CLI_TESTS" PYTHONDONTWRITEBYTECODE=1

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

skip_without_pictures() {
    padwise plot heat -q "a beaver" -o try.png 2>stderr.txt
    if grep -q 'SVG, PNG and PDF' stderr.txt; then skip "this build draws no pictures"; fi
}

# Into a folder with the published CLIP-L tensors and CLIP's vocabulary in clip/, as docs/pads.md and docs/workshop.md have it.
enter_tensors() {
    [ -f "$PADWISE_SHARED/data/clip-l-tensors/a_mute_swan.json" ] && [ -f "$PADWISE_SHARED/data/tokenizers/clip/merges.txt" ] ||
        skip "the tensors or CLIP's vocabulary are not under PADWISE_SHARED"
    mkdir tensors
    cp "$PADWISE_SHARED"/data/clip-l-tensors/*.json tensors
    ln -s "$(realpath "$PADWISE_SHARED/data/tokenizers/clip")" tensors/clip
    cd tensors
}

# A vocabulary of 40 merges, for models of a size of their own.
small_vocabulary() {
    mkdir -p "$1"
    for word in beaver blue teeth otter river tree; do
        for _ in 1 2 3 4 5; do echo "a $word with a $word and the $word"; done
    done >words.txt
    padwise vocab train -q --from words.txt --merges 20 -o "$1"
}
