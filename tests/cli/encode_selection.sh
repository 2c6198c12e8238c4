# SPDX-License-Identifier: MIT
# --hidden, --only, --length: which tensors, which rows.
. "$PADWISE_CLI_TESTS/helpers.bash"
names='[(t["name"], t["shape"][1]) for t in o["tensors"] if t["name"] not in ("input_ids", "attention_mask", "text_embeds", "pooler_output")]'
padwise encode --json --hidden all -o a.safetensors "a beaver" | json "$names"
padwise encode --json --hidden 0,-1 --length 9 -o a.safetensors "a beaver" | json "$names"
padwise encode --json --only pooler_output -o a.safetensors "a beaver" | json '[t["name"] for t in o["tensors"]]'
padwise encode --json --length longest -o a.safetensors "a beaver" "a" | json 'len(o["ids"]) < 77'
padwise encode --json --length none -o out/ "a beaver with blue teeth" "a" | json 'len(o["ids"]) == o["n_tokens"]'
try padwise encode -q --length none -o a.safetensors "a beaver" "a" | sed 's/[0-9][0-9]* tokens/N tokens/'
try padwise encode -q --length 78 -o a.safetensors x
try padwise encode -q --hidden 99 -o a.safetensors x
try padwise encode -q --only nosuch -o a.safetensors x | grep -o '^exit.*\|there is no tensor "nosuch"'
