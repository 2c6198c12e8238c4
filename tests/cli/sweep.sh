# SPDX-License-Identifier: MIT
# sweep: a file a value, and distances that are what they are called.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 -c '
import json
rows = [[float(i + 1), 2.0, -1.0] for i in range(10)]
json.dump({"prompt": "x", "embedding": rows, "shape": [10, 3], "n_real": 4}, open("x.json", "w"))'
padwise sweep x.json --edit "pads: scale {x}" --values 0..2/4 -o s/
ls s
padwise sweep --json x.json --edit "pads: scale {x}" --values 0,1,2 -o t/ | python3 -c '
import json, math, sys
rows = json.load(open("x.json"))["embedding"]
flat = lambda m: [v for row in m for v in row]
for line in sys.stdin:
    o = json.loads(line)
    new = json.load(open(o["file"]))["embedding"]
    for part, begin in (("", 0), ("_pads", 4)):
        a, b = flat(rows[begin:]), flat(new[begin:])
        l2 = math.dist(a, b)
        norm = math.hypot(*a) * math.hypot(*b)
        cos = math.sumprod(a, b) / norm if norm and hasattr(math, "sumprod") else sum(x * y for x, y in zip(a, b)) / norm if norm else None
        print(o["x"], o["edits"], abs(o["l2" + part] - l2) < 1e-12, o["cosine" + part] is None if cos is None else abs(o["cosine" + part] - cos) < 1e-12)'
echo "# whole numbers stay whole where rows are counted"
padwise sweep --json x.json --edit "first {x} of pads: zero" --values 0..6/3 -o u/ | json '[o["x"], o["edits"]]'
echo "# each step says what it is, and pictures tell steps of one prompt apart"
for file in s/*.json; do
    padwise info --json $file | json 'o["manifest"]["edits"]'
done
padwise plot norms s/*.json -o norms.txt -q && grep -o "00[0-9]_[0-9.]*.json: x" norms.txt
padwise sweep -q --json x.json --edit "all: scale {x}" --values 0.5 -o e/ >/dev/null
python3 -c 'import json; o = json.load(open("e/000_0.5.json")); print(o["manipulation"], o["scale_factor"], o["original_base"])'
echo "# formats"
padwise sweep -q --format npz --json x.json --edit "all: scale {x}" --values 0.5 -o f/ | json 'o["file"]'
echo "# where pads are not known"
python3 -c '
import json
o = json.load(open("x.json")); del o["n_real"]; json.dump(o, open("y.json", "w"))'
padwise sweep --json y.json --edit "all: lerp {x} to x.json" --values 0,1 -o w/ | json '[o["l2"], o["l2_pads"]]'
try padwise sweep y.json --edit "pads: scale {x}" --values 1 -o z/
[ -e z ] || echo "no folder"
