# SPDX-License-Identifier: MIT
# Several prompts share a file with a batch dimension; --json gives an object for each.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode --json -n "blurry" -o out.safetensors "a beaver" "an otter" |
    json '(o["prompt"], o["negative"], o["output"], o["row"], o["builtin"], o["n_tokens"] >= 3, o["n_cut"], len(o["ids"]),
           [t["name"] for t in o["tensors"]][:3], o["tensors"][0]["shape"])'
padwise info --json out.safetensors | json 'sorted(t["name"] for t in o["tensors"])'
padwise info --json out.safetensors | json '[p["prompt"] for p in o["manifest"]["prompts"]], o["manifest"]["builtin"]'
padwise encode --json --no-negative -n x -o x.safetensors a 2>/dev/null; echo "exit $?"
