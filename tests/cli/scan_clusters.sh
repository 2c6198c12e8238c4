# SPDX-License-Identifier: MIT
# pool-compare: clusters that are known. Words part the prompts one way and pads another, so that k-means of the masked mean
# finds the labels, and that of the unmasked mean the pads as soon as they outweigh the words.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END_PYTHON'
import json
for i in range(8):
    word = [1.0, 0, 0, 0] if i < 4 else [0, 1.0, 0, 0]
    pad = [0, 0, 1.1, 0] if i % 2 else [0, 0, 0, 1.1]
    json.dump({'embedding': [word] * 3 + [pad] * 9, 'shape': [12, 4], 'n_real': 3}, open(f'{i}.json', 'w'))
END_PYTHON
padwise pool-compare -q --labels a,a,a,a,b,b,b,b ?.json
printf 'a\na\na\na\nb\nb\nb\nb\n' >labels.txt
padwise pool-compare --json --labels labels.txt ?.json >out.json
echo "# JSON"
json 'o["clusters"]["n_clusters"], o["clusters"]["against"], "".join(o["clusters"]["labels"])' <out.json
json '[(p["pool"], p["clusters"], p["n"]) for p in o["clusters"]["pools"]]' <out.json
json '[(s["n_rows"], round(s["share_pads"], 4), s["clusters"], round(s["ari"]["value"], 6), s["nmi"]["value"]) for s in o["clusters"]["lengths"]]' <out.json
padwise pool-compare --json --threads 1 --seed 0 --labels labels.txt ?.json | cmp - out.json && echo same
echo "# without labels: what the masked mean gives; lengths that differ; a row of zeros has no direction"
padwise pool-compare --json --clusters 2 ?.json |
    json 'o["clusters"]["against"], o["clusters"]["labels"], [round(p["ari"]["value"], 4) for p in o["clusters"]["pools"]]'
python3 -c '
import json
for i, pads in enumerate((2, 3, 3)):
    json.dump({"embedding": [[1.0, i]] * (2 + i) + [[0, 0]] * pads, "shape": [2 + i + pads, 2], "n_real": 2 + i}, open(f"zero{i}.json", "w"))'
padwise pool-compare --json --clusters 2 zero?.json |
    json '[(p["pool"], p["clusters"]) for p in o["clusters"]["pools"]], [s["n_rows"] for s in o["clusters"]["lengths"]]'
padwise pool-compare -q --labels a,a,b zero?.json | sed -n '/^2 clusters/,/^$/p'
padwise pool-compare --json "a beaver" "an otter" "a tree" | json '"clusters" in o'
echo "# picture"
padwise pool-compare -q --labels labels.txt --plot pools.txt -o out.txt ?.json
grep -c "adjusted Rand index\|normalized mutual information" pools.txt
echo "# what cannot be parted"
try padwise pool-compare -q --clusters 8 --plot x.svg ?.json
try padwise pool-compare -q --clusters 1 ?.json
try padwise pool-compare -q --labels a,b,c,d,e,f,g,h --plot x.svg ?.json
try padwise pool-compare -q --labels a,b ?.json
try padwise pool-compare -q --labels a,a,a,a,a,a,a,a ?.json
: >empty.txt
try padwise pool-compare -q --labels empty.txt --plot x.svg ?.json
echo "pictures: $(ls | grep -c svg)"
