# SPDX-License-Identifier: MIT
# pads stats on rows whose answers can be checked by hand: tables of 80 columns, the JSON's fields, pairs, the conclusion.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"prompt":"a beaver","embedding":[[4,0],[0,1],[0,2],[0,3],[3,4],[4,0]],"shape":[6,2]}' >a.json
echo '{"prompt":"an otter","embedding":[[4,0],[0,1],[0,4],[0,3],[4,3],[4,0]],"shape":[6,2]}' >b.json
echo '{"prompt":"a tree","embedding":[[4,0],[1,1],[5,0],[0,3],[0,1],[4,0]],"shape":[6,2]}' >c.json
padwise pads stats --n-real 4 a.json
echo ---
padwise pads stats --n-real 4 --positions 0,4..5 a.json b.json --against c.json | sed '1,/^across/d'
echo ---
padwise pads stats --n-real 4 --json --positions 4,5 a.json b.json c.json >out.json
json 'o.get("input"), o.get("n_rows"), o.get("n_real"), o.get("roles_from")' <out.json
json 'o.get("rows", [{}])[-2]' <out.json 2>/dev/null | head -n 1
json 'o.get("pairs")' <out.json
tail -n 1 out.json | json '[(p["position"], p["a"], p["b"], p["cosine"], p["l2"]) for p in o["across"]]'
tail -n 1 out.json | json '[(g["group"], g["cosine"]["mean"]) for g in o["groups"]], o["conclusion"]'
echo ---
# All pads are paired where no positions are given; the interval of three prompts depends on the seed alone.
padwise pads stats --n-real 2 --json a.json | json '[(p["a"], p["b"]) for p in o["pairs"]]'
padwise pads stats --n-real 4 --json a.json b.json c.json >one.json
padwise pads stats --n-real 4 --json --threads 1 a.json b.json c.json | cmp - one.json && echo same
padwise pads stats --n-real 4 a.json b.json c.json | awk 'length > 80'
padwise pads stats --n-real 4 -o listing.txt a.json b.json && wc -l <listing.txt
