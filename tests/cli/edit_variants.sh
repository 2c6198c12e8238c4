# SPDX-License-Identifier: MIT
# edit --variants workshop: nine files, their names, fields, prompts and pads; the table.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise edit -q "a beaver with blue teeth" --variants workshop --stem beaver -o v/ 2>err; echo "exit $?"; cat err
ls v
padwise edit --n-real 7 v/beaver_normal.json --variants workshop --stem b -o said/ 2>&1 >table.txt | grep -o "expected by construction\|^wrote .*"
awk 'length > 80' table.txt
for f in v/*.json; do
    python3 - $f <<'END'
import json, sys
o = json.load(open(sys.argv[1]))
n = json.load(open('v/beaver_normal.json'))
rows, normal = o['embedding'], n['embedding']
real = next(i for i in range(77) if i >= 7)
kinds = {v for row in rows[real:] for v in row}
print(list(o), o['prompt'], o['shape'][0], 'words', rows[:real] == normal[:real],
      'pads', sorted(kinds) if len(kinds) == 1 else 'same' if rows == normal else 'half' if all(
          a == b / 2 for x, y in zip(rows[real:], normal[real:]) for a, b in zip(x, y)) else 'other',
      o['padwise'].get('edits'))
END
done
# The first draws of numpy.random.seed(42); numpy.random.normal(0, 0.1, ...), every bit of them.
python3 -c '
import json
rows = json.load(open("v/beaver_padding_noise_0.1.json"))["embedding"]
print(rows[7][:3])'
echo "# a variant knows where its pads begin, and that it was edited"
padwise edit --json v/beaver_zeroed_padding.json --edit "pads: add 1" -o again.json |
    json '[o["before"], o["tensors"][0]["n_real"], o["tensors"][0]["roles"]]'
padwise edit --json a.json --variants workshop -o w/ 2>/dev/null; echo "exit $?"
cp v/beaver_normal.json otter.json
padwise edit --json otter.json --variants workshop -o w/ | json '[o["filename"], o["padding_type"], o["edits"]]'
echo "# of a file that does not know where its pads begin, every variant does, the unedited one too; what was edited is called modified"
python3 - <<'EOF'
import json
o = json.load(open('v/beaver_normal.json'))
json.dump({'prompt': 'a beaver', 'embedding': o['embedding'], 'shape': o['shape'], 'author': 'A. Author'}, open('plain.json', 'w'))
EOF
padwise edit -q --n-real 7 plain.json --variants workshop --stem a-stem-that-is-long -o x/
padwise edit -q --n-real 7 plain.json --edit "pads: add 1" -o x/edited.json
for file in x/*.json; do
    padwise pads stats --json $file | json '[o["n_real"], o["roles_from"], o["credit"]]'
done
echo "# refused before a file is written"
try padwise edit -q plain.json --variants workshop -o y/
try padwise edit -q --n-real 77 plain.json --variants workshop -o y/
[ -e y ] || echo "no folder"
