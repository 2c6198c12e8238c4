# SPDX-License-Identifier: MIT
# The format follows the name or --format; the values are the same in each.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode -q -o a.safetensors "a beaver"
padwise encode -q -o a.npz "a beaver"
padwise encode -q -o b --format npz "a beaver"
padwise encode -q -o a.npy --tensor last_hidden_state "a beaver"
padwise encode -q -o a.json --only last_hidden_state "a beaver"
padwise compare a.safetensors a.npz >/dev/null && echo "npz holds the same"
padwise compare a.npz b >/dev/null && echo "--format wins over the name"
padwise encode -q -o only.safetensors --only last_hidden_state "a beaver"
padwise compare a.npy only.safetensors >/dev/null && echo "npy holds the same"
python3 -c '
import json
o = json.load(open("a.json"))
print(sorted(o)[:3], o["prompt"], o["shape"])'
padwise encode -q -o half.safetensors --dtype f16 "a beaver"
padwise encode -q -o brain.safetensors --dtype bf16 "a beaver"
padwise info --json half.safetensors brain.safetensors | json 'sorted({t["dtype"] for t in o["tensors"]})'
padwise compare --rtol 1e-3 half.safetensors a.safetensors >/dev/null && echo "f16 is near"
padwise compare --rtol 1e-2 brain.safetensors a.safetensors >/dev/null && echo "bf16 is near"
padwise compare brain.safetensors a.safetensors >/dev/null || echo "and not the same"
