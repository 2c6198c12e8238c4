# SPDX-License-Identifier: MIT
# info of edited files: what was done to them, whether a model is known or not.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 -c '
import json
json.dump({"prompt": "x", "embedding": [[1.0, 2.0]] * 4, "shape": [4, 2], "n_real": 3}, open("x.json", "w"))'
padwise info x.json | grep -c edits
padwise edit -q x.json --edit "pads: zero" -o y.json
padwise edit -q y.json --edit "words: scale 2; 0: invert" -o z.safetensors
for file in y.json z.safetensors; do padwise info $file | grep edits; done
padwise encode -q "a beaver" --edit "pads: zero" -o e.safetensors
padwise info e.safetensors | grep "edits\|^  recipe"
echo "# a chain that nobody can read does not hide the rest of the file"
sed 's/pads: zero/pads: nought/' y.json >bad.json
try padwise info bad.json | grep "edits\|embedding\|exit"
