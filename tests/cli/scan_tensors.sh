# SPDX-License-Identifier: MIT
# The published CLIP-L tensors: what a mean over pads does to cosines between prompts, and rows of two of them.
. "$PADWISE_CLI_TESTS/helpers.bash"
data=$PADWISE_SHARED/data
[ -d "$data/clip-l-tensors" ] || skip "no $data/clip-l-tensors"
padwise pool-compare -q --tokenizer "$data/tokenizers/clip" "$data"/clip-l-tensors/a_*.json
padwise compare -q --rows --tokenizer "$data/tokenizers/clip" "$data"/clip-l-tensors/{a_mute_swan,short_prompts_max}.json |
    awk '$1 == 0 || $1 == 16 || $1 == 50 || $1 == 76 || /^(By|data|L2|cosine|least|\(laura)/'
padwise pool-compare --json --tokenizer "$data/tokenizers/clip" --labels bird,bird,bird,bird,text "$data"/clip-l-tensors/{a_*,short_prompts_max}.json |
    json '[p["ari"]["value"] for part in ("pools", "lengths") for p in o["clusters"][part]], [s["n_rows"] for s in o["clusters"]["lengths"]], round(o["pools"][3]["shift"]["mean"], 3)'
