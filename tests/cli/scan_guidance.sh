# SPDX-License-Identifier: MIT
# cfg-delta: norms and shares that can be checked by hand, the unconds of prompts, several prompts with an interval.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"prompt":"a beaver","embedding":[[4,0],[0,1],[0,2],[0,3],[3,4],[4,0]],"shape":[6,2]}' >a.json
echo '{"prompt":"blurry","credit":"nobody, CC0","embedding":[[4,0],[0,1],[0,4],[0,3],[4,3],[4,0]],"shape":[6,2]}' >b.json
padwise cfg-delta --n-real 4 -n b.json a.json
echo "# a longer negative: its words stand where the prompt has pads, and stay there"
padwise cfg-delta --n-real 4,5 -n b.json --json a.json |
    json '[(u["uncond"], u["l2"], u["share"]["pad"]) for u in o.get("unconds", [])], o.get("conclusion")'
echo "# prompts: BOS is equal in every bit, so all of the difference lies behind it"
padwise cfg-delta --json -n "blurry, low quality" "a beaver" "an otter" "a red car" >out.json
json 'o.get("input"), [(u["uncond"], round(u["share"]["bos"], 4), round(sum(u["share"].values()), 12), u["n_bitwise"], len(u["rows"])) for u in o.get("unconds", [])]' <out.json
tail -n 1 out.json | json '[(a["uncond"], a["share_pads"]["n"], a["share_pads"]["low"] <= a["share_pads"]["mean"] <= a["share_pads"]["high"]) for a in o["across"]]'
padwise cfg-delta --json --threads 1 -n "blurry, low quality" "a beaver" "an otter" "a red car" | cmp - out.json && echo same
echo "# without a negative, and with the empty one, it is the empty prompt"
padwise cfg-delta --json "a beaver" | head -n 1 | json '[u["uncond"] for u in o["unconds"]], o["negative"]'
padwise cfg-delta --json -n "" "a beaver" | head -n 1 | json '[u["uncond"] for u in o["unconds"]], o["negative"]'
echo "# the prompt as its own negative: nothing is left, and no share of it"
padwise cfg-delta --json -n "a beaver" "a beaver" | head -n 1 | json '[(u["l2"], u["share"]["pad"], u["n_bitwise"]) for u in o["unconds"]][0]'
padwise cfg-delta -q --cpu ref -n "a beaver" "a beaver" | tail -n 3
echo "# a recipe's rows"
padwise cfg-delta --json -r sd15 --flavour a1111 -n blurry "a (beaver:1.3)" | head -n 1 | json 'o["n_rows"], len(o["unconds"])'
padwise cfg-delta -q -n blurry "a beaver" | awk 'length > 80'
