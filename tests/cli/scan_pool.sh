# SPDX-License-Identifier: MIT
# pool-compare: cosines by pooling that can be checked by hand, shifts, intervals; and the published tensors.
. "$PADWISE_CLI_TESTS/helpers.bash"
for i in 0 1 2; do
    python3 -c '
import json, sys
i = int(sys.argv[1])
word = [[1.0 if k == i else 0.0 for k in range(3)]]
print(json.dumps({"embedding": [[1, 0, 0]] + word + word + [[9, 9, 9]] * 5, "shape": [8, 3]}))' $i >$i.json
done
padwise pool-compare --n-real 3 0.json 1.json 2.json
echo "# JSON"
padwise pool-compare --json --n-real 3 0.json 1.json 2.json >out.json
json 'o["n"], [i["n_real"] for i in o["inputs"]]' <out.json
json '[(p["pool"], p.get("from"), p.get("n_nearest_moved"), [round(x["cosine"], 6) for x in p["pairs"]]) for p in o["pools"]]' <out.json
json 'sorted(o["pools"][3]["shift"])' <out.json
padwise pool-compare --json --threads 1 --n-real 3 0.json 1.json 2.json | cmp - out.json && echo same
echo "# two prompts have no interval"
padwise pool-compare --json "a beaver" "an otter" | json '[p["cosine"]["low"] for p in o["pools"]], o["conclusion"].count("no interval")'
padwise pool-compare -q "a beaver" "an otter" "a tree" | awk 'length > 80'
printf 'a beaver\nan otter\n' | padwise pool-compare --json --from - | json 'o["n"]'
