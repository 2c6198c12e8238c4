# SPDX-License-Identifier: MIT
# edit --plot: rows before and after and their difference, or the nine variants; refused before a file is written.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import json
from tensor_file import save
rows = [[0.4, -0.4]] * 3 + [[0.5, -0.5]] * 5
json.dump({'prompt': 'a beaver', 'embedding': rows, 'shape': [8, 2], 'n_real': 3, 'author': 'A. Author', 'license': 'CC0'}, open('a.json', 'w'))
flat = [x for row in rows for x in row]
save('two.safetensors', {'prompt_embeds': ([2, 8, 2], flat + flat), 'clip_g_sequence': ([8, 2], flat)}, {'n_real': '3'})
END
padwise edit -q a.json --edit "pads: zero" -o plain.json
padwise edit -q a.json --edit "pads: zero" -o zeroed.json --plot p.txt --width 60
cmp plain.json zeroed.json && cat p.txt
echo "== an edited file, another edit"
padwise edit -q zeroed.json --edit "words: scale 2" -o again.json --plot - --width 60 | tail -n 2
echo "== several tensors and prompts"
padwise edit two.safetensors --edit "pads: zero" -o out.safetensors --plot p.txt 2>&1 | grep picture
head -n 1 p.txt
echo "== variants"
padwise edit -q a.json --variants workshop -o v/ --plot v.txt --width 80 >table.txt
grep -o "original\|zero\|uniform[-+.0-9]*\|noise 0.1\|50 %" v.txt
head -n 1 v.txt
tail -n 1 v.txt
echo "== refused"
try padwise edit a.json --edit "pads: zero" -o no.json --plot p.gif
try padwise edit a.json --edit "pads: zero" -o no.json --plot nofolder/p.svg
try padwise edit a.json --edit "pads: zero" -o - --plot -
try padwise edit a.json --json --edit "pads: zero" -o no.json --plot -
try padwise edit a.json --variants workshop -o no/ --plot p.gif
try padwise edit a.json --edit "99: zero" -o no.json --plot no.txt
ls | grep "^no" || echo "nothing is written"
