# SPDX-License-Identifier: MIT
# Inputs that share a prompt are variants of it: no interval over prompts, no verdict; what one input has not is said of it alone.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'PY'
import json
def write(name, prompt, eos, pads):
    rows = [[0, 8, 0, 0, 0], [1, 1, 1, 1, 1], eos] + pads
    json.dump({'prompt': prompt, 'embedding': rows, 'shape': [len(rows), 5], 'n_real': 3}, open(name + '.json', 'w'))
for k, (stem, eos) in enumerate((('a', [2, 0, 1, 0, 0]), ('b', [2, 0, 0, 1, 0]), ('c', [2, 0, 0, 0, 1]))):
    late = [0, 8, eos[2], eos[3], eos[4]]
    write(stem, stem, eos, [eos] * 5 + [late] * 4 + [eos])
    write(stem + '_half', stem + ' (padding 50 %)', eos, [[x / 2 for x in eos]] * 10)
    write(stem + '_zero', stem + ' (zeroed padding)', eos, [[0] * 5] * 10)
PY
one="a.json a_half.json a_zero.json" three="a.json a_half.json b.json b_half.json c.json"
padwise pads stats $one | sed -n '/^across/,$p'
padwise pads stats --json $one | tail -n 1 | json 'o["inputs"], o["prompts"], o["positions"][0]["cosine"]["low"], o["conclusion"]'
padwise pads stats --json $three | tail -n 1 | json 'o["conclusion"]'
padwise pads stats --json a.json b_half.json c.json | tail -n 1 | json 'o["conclusion"].split(";")[1]'
echo ---
padwise pads signature $one | tail -n 1; padwise pads signature $three | tail -n 3
padwise pads probe $one | head -n 3; padwise pads probe $three | head -n 3
echo "# zeros are said of the input that has them; of nothing else there is a failure"
padwise pads regime $one | tail -n 5
padwise pads svd $one | grep -c 'all 10 rows are zeros'; padwise pads svd --json $one | json 'o.get("reason")' | head -n 3
try padwise pads regime a_zero.json b_zero.json
try padwise pads svd a_zero.json b_zero.json
echo "# one prompt does not judge"
padwise audit --json --claim same-position,one-prompt,bos-gathers $one | json 'o["n"], o["of"], o["interval"], o["verdict"]'
padwise audit --json --claim same-position $three | json 'o["n"], o["of"], o["interval"], o["verdict"], o["reason"]'
padwise pool-compare --json $one | json 'o["conclusion"].split(". ")[-1]'
