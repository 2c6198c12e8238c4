# SPDX-License-Identifier: MIT
# flux-check of three inputs and more: a line each against the first and one conclusion; and its pictures.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import json, os
def row(i):
    return [((i * 31 + j * 7) % 13 - 6) / 4 for j in range(768)]
rows = [row(i) for i in range(6)]
def exchange(name, rows, prompt, **more):
    json.dump({'prompt': prompt, 'embedding': rows, 'shape': [len(rows), 768], **more}, open(name, 'w'))
os.mkdir('v')
exchange('v/a.json', rows, 'a beaver', n_real=3)
exchange('v/zeroed.json', rows[:3] + [[0] * 768] * 3, 'a beaver (zeroed padding)', n_real=3)
exchange('v/half.json', rows[:3] + [[x / 2 for x in r] for r in rows[3:]], 'a beaver (padding 50%)', n_real=3)
exchange('v/words.json', [rows[0], row(50)] + rows[2:], 'a beaver', n_real=3)
exchange('eos.json', rows[:2] + [[2 * x for x in row(2)]] + rows[3:], 'an otter', n_real=3)
exchange('eos2.json', rows[:3] + [row(1)] + rows[4:], 'an otter by a river', n_real=4)
exchange('unknown.json', rows, 'a beaver')
END
padwise flux-check v/*.json
echo "== from several folders, another row, an unknown one"
padwise flux-check v/a.json v/half.json eos.json eos2.json unknown.json | tail -n +7
echo "== the first unknown"
padwise flux-check unknown.json v/a.json v/half.json | tail -n 2
echo "== two have their tables"
padwise flux-check v/a.json v/zeroed.json | grep -A 1 "^Difference\|^vector"
echo "== JSON has all of all"
padwise flux-check --json v/*.json | json '"pooled" in o'
echo "== picture"
padwise flux-check v/a.json -q --plot p.txt --width 60 >table.txt
cat p.txt
padwise flux-check v/a.json | cmp - table.txt && echo "the table stays"
padwise flux-check v/*.json eos2.json -q --plot p.txt --width 100 >table.txt
head -n 11 p.txt
padwise flux-check v/a.json -q -o - --plot q.txt >out.safetensors && head -n 1 q.txt
echo "== refused"
try padwise flux-check v/a.json --plot p.gif
try padwise flux-check v/a.json -o no.safetensors --plot p.gif
try padwise flux-check v/a.json -o - --plot -
try padwise flux-check v/a.json --json --plot -
try padwise flux-check unknown.json -o no.safetensors --pooled-row last --plot no.txt
ls | grep "^no" || echo "nothing is written"
