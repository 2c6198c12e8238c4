# SPDX-License-Identifier: MIT
# edit: a file or a prompt, every format; the chain in the manifest, and its replay to the last bit.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode -q -o a.safetensors "a beaver with blue teeth"
padwise encode -q -o b.safetensors "an otter"

echo "# formats in and out"
padwise encode -q -o a.npz "a beaver with blue teeth"
padwise encode -q -o a.npy --tensor last_hidden_state "a beaver with blue teeth"
padwise encode -q -o a.json "a beaver with blue teeth" 2>/dev/null
for input in a.safetensors a.npz a.json; do
    padwise edit --json $input --edit "pads: zero" -o out.${input#*.} | json '[o["edits"], o["before"], o["tensors"]]'
done
try padwise edit a.npy --edit "pads: zero" -o out.npy
padwise edit --json --n-real 7 a.npy --edit "pads: zero" -o out.npy | json '[t["roles"] for t in o["tensors"]]'
padwise edit -q "a beaver with blue teeth" --edit "pads: zero" -o text.safetensors
padwise compare text.safetensors out.safetensors | tail -n 1
padwise compare --json out.safetensors out.npz | json '[t["name"] for t in o["tensors"] if not t["bitwise"]]'
padwise compare --json out.npy a.npy | json 'o["tensors"][0]["first_row"]'
padwise compare --json text.safetensors a.safetensors | json '[(t["name"], t["first_row"]) for t in o["tensors"] if not t["bitwise"]]'

echo "# the chain, replayed"
padwise edit -q a.safetensors --edit "pads: noise 0.1 seed 42; words: scale 1.5" -o one.safetensors
padwise edit -q one.safetensors --edit 'last 3 of pads: lerp 0.3 to b.safetensors; all: damp' -o two.safetensors
chain=$(padwise edit --json two.safetensors --edit "0: scale 1" -o same.safetensors | json 'o["before"]')
echo "$chain"
padwise edit -q a.safetensors --edit "$chain" -o replay.safetensors
cmp two.safetensors replay.safetensors && echo "the same bytes"
padwise compare two.safetensors same.safetensors | tail -n 1

echo "# sources: prompts, the empty prompt, pads alone"
padwise edit -q a.safetensors --edit 'pads: from "an otter"' -o p.safetensors
padwise edit -q a.safetensors --edit 'pads: from b.safetensors' -o f.safetensors
padwise compare --json p.safetensors f.safetensors | json 'o["equal"]'
padwise edit --json a.safetensors --edit 'pads: from "an otter and a river" by eos' -o e.safetensors | json 'o["tensors"]'
padwise edit --json a.safetensors --edit 'pads: clean' -o c.safetensors | json 'o["tensors"][0]["n_changed"]'
padwise edit --json a.safetensors --edit 'pads: clean-empty' -o d.safetensors | json 'o["tensors"][0]["n_changed"]'
padwise encode -q --only last_hidden_state -o empty.npz ""
padwise edit -q a.safetensors --edit 'all: clean-empty' -o d.safetensors
padwise compare --json empty.npz d.safetensors | json '[t["bitwise"] for t in o["tensors"] if t["name"] == "last_hidden_state"]'
padwise edit -q "a beaver" --edit "pads: id 5" -o id.safetensors
padwise encode -q --pad-id 5 -o pad5.safetensors "a beaver"
padwise compare id.safetensors pad5.safetensors | tail -n 1

echo "# narrower dtypes stay; a batch has roles of its own"
padwise encode -q --dtype bf16 -o h.safetensors "a beaver" "a beaver with blue teeth in a river"
padwise edit --json h.safetensors --edit "pads: zero" -o h2.safetensors | json '[(t["n_changed"], t["n_real"]) for t in o["tensors"]]'
padwise info --json h2.safetensors | json '[(t["name"], t["dtype"]) for t in o.get("tensors", []) if t["name"] == "last_hidden_state"]'
padwise compare --json h2.safetensors h.safetensors | json '[(t["name"], t["first_row"]) for t in o["tensors"] if not t["bitwise"]]'

echo "# what --n-real said goes with the file"
python3 -c '
import json
json.dump({"prompt": "x", "embedding": [[i / 4, -i / 8] for i in range(9)], "shape": [9, 2]}, open("x.json", "w"))'
padwise edit -q x.json --n-real 4 --edit "pads: scale 0.5" -o y.json
padwise edit --json y.json --edit "pads: zero" -o z.json | json '[o["before"], [(t["n_real"], t["roles"]) for t in o["tensors"]]]'
