# SPDX-License-Identifier: MIT
# The exchange form's own edits: read from files as people have them, and written.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import json
rows = [[(i * 7 % 13 - 6) / 8, (i * 5 % 11 - 5) / 4] for i in range(77)]
json.dump({"prompt": "a bird", "embedding": rows, "shape": [77, 2], "max_length": 77}, open('bird.json', 'w'))
def edited(name, rows, **fields):
    json.dump({"prompt": "a bird", "embedding": rows, "shape": [77, 2], **fields, "original_base": "bird"}, open(name, 'w'))
zero = [[0.0, 0.0]]
edited('first.json', zero * 50 + rows[50:], manipulation="Zero Range", cutoff_type="first", cutoff_tokens=50,
       zero_range={"keep_start": 50, "keep_end": 77})
edited('last.json', rows[:27] + zero * 50, manipulation="Zero Range", cutoff_type="last", cutoff_tokens=50,
       zero_range={"keep_start": 0, "keep_end": 27})
edited('scale.json', [[x * 0.2 for x in row] for row in rows], manipulation="Scale", scale_factor=0.2)
edited('invert.json', [[-x for x in row] for row in rows], manipulation="Invert")
edited('wrong.json', rows, manipulation="Zero Range", cutoff_type="first", cutoff_tokens=50,
       zero_range={"keep_start": 0, "keep_end": 27})
END
for f in first last scale invert; do
    edits=$(padwise edit --json $f.json --edit "0: scale 1" -o same.json | json 'o["before"]')
    padwise edit -q bird.json --edit "$edits" -o again.json
    echo "$f: $edits"
    python3 - $f.json again.json <<'END'
import json, sys
a, b = (json.load(open(f)) for f in sys.argv[1:])
near = all(abs(x - y) < 1e-7 for r, s in zip(a["embedding"], b["embedding"]) for x, y in zip(r, s))
print(near, {k: b[k] for k in b if k not in ("embedding", "padwise")} == {**{k: a[k] for k in a if k != "embedding"}, "max_length": 77})
END
done
try padwise edit wrong.json --edit "all: scale 2" -o out.json
