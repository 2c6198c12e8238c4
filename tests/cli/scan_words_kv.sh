# SPDX-License-Identifier: MIT
# ablate --unet: the share of softmax that a word's rows get, and who gets it when the word is gone; against sums that
# python makes of the rows themselves.
. "$PADWISE_CLI_TESTS/helpers.bash"
cat >made.py <<'END_PYTHON'
from tensor_file import save
WIDTH, INNER, HEADS = 128, 4, 2
LAYERS = ['down_blocks.0.attentions.0.transformer_blocks.0.attn2', 'mid_block.attentions.0.transformer_blocks.0.attn2']
WEIGHTS = [[((i * step) % 7 - 3) / 8 for i in range(INNER * WIDTH)] for step in (5, 11)]
QUERIES = [[.5, -.25, 1, 0], [0, .125, -.5, 1], [1, 1, -1, .25]]
END_PYTHON
python3 - <<'END_PYTHON'
from made import *
save('unet.safetensors', {f'{layer}.{what}.weight': ([INNER, WIDTH], weights) for layer, weights in zip(LAYERS, WEIGHTS)
                          for what in ('to_k', 'to_v')})
save('q.safetensors', {'q': ([3, INNER], sum(QUERIES, []))})
END_PYTHON
padwise ablate --json --unet unet.safetensors --heads 2 --queries q.safetensors "a beaver with blue teeth" >out.json
padwise encode -q -o full.json "a beaver with blue teeth"
padwise encode -q -o rest.json "a with blue teeth"
python3 - <<'END_PYTHON'
import json, math
from made import *
def shares(path):
    rows = json.load(open(path))['embedding']
    mass = [0.0] * len(rows)
    for weights in WEIGHTS:
        keys = [[sum(w * x for w, x in zip(weights[k * WIDTH:(k + 1) * WIDTH], row)) for k in range(INNER)] for row in rows]
        for head in range(HEADS):
            part = slice(head * INNER // HEADS, (head + 1) * INNER // HEADS)
            for query in QUERIES:
                e = [math.exp(sum(q * k for q, k in zip(query[part], key[part])) / math.sqrt(INNER / HEADS)) for key in keys]
                for r, x in enumerate(e):
                    mass[r] += x / sum(e) / (len(WEIGHTS) * HEADS * len(QUERIES))
    return mass
full, rest = shares('full.json'), shares('rest.json')
word = json.load(open('out.json'))['words'][1]
assert word['word'] == 'beaver'
def near(a, b):
    assert abs(a - b) < 1e-6, (a, b)
near(word['kv']['share'], full[2])
# BOS, a, beaver, with, blue, teeth, EOS; then pads.
near(word['kv']['to']['bos'], rest[0] - full[0])
near(word['kv']['to']['word'], sum(rest[1:5]) - full[1] - sum(full[3:6]))
near(word['kv']['to']['eos'], rest[5] - full[6])
near(word['kv']['to']['pad'], sum(rest[6:]) - sum(full[7:]))
for row in word['kv']['rows']:
    r = row['position']
    near(row['share'], full[r])
    if r == 2:
        assert row['share_without'] is None
    else:
        near(row['share_without'], rest[r if r < 2 else r - 1])
print('as computed')
END_PYTHON
json '[abs(sum(w["kv"]["to"].values()) - w["kv"]["share"]) < 1e-12 for w in o["words"]], o["unet"]["n_layers"], o["unet"]["queries"]' <out.json
json 'all(w["kv"]["share_least"] <= w["kv"]["share"] <= w["kv"]["share_most"] for w in o["words"])' <out.json
echo "# the whole prompt's shares are those of kv"
padwise ablate --json --unet unet.safetensors --heads 2 --n-queries 8 --seed 3 "a beaver with blue teeth" >drawn.json
padwise kv --json --unet unet.safetensors --heads 2 --n-queries 8 --seed 3 full.json --n-real 7 >kv.json
python3 -c '
import json
rows = json.load(open("drawn.json"))["words"][0]["kv"]["rows"]
layers = json.load(open("kv.json"))["layers"]
print(all(abs(row["share"] - sum(layer["rows"][row["position"]]["mass"] for layer in layers) / 2) < 1e-12 for row in rows))'
echo "# of several prompts each is as by itself"
padwise ablate --json --unet unet.safetensors --heads 2 --n-queries 8 "an otter" >alone.json
printf 'a beaver with blue teeth\nan otter\n' | padwise ablate --json --unet unet.safetensors --heads 2 --n-queries 8 --from - | tail -n 1 | cmp - alone.json && echo same
echo "# table and picture"
padwise ablate -q --unet unet.safetensors --heads 2 --queries q.safetensors --plot words.txt "a beaver" >table
awk 'length > 80' table; sed -n '/^softmax/,/^$/p' table | sed 's/[0-9]\.[0-9]*/#/g'
grep -c "share of softmax" words.txt
echo "# files that do not go with it"
python3 -c '
from tensor_file import save
save("wide.safetensors", {"a.attn2.to_k.weight": ([4, 6], [1] * 24), "a.attn2.to_v.weight": ([4, 6], [1] * 24)})'
try padwise ablate -q --unet wide.safetensors --heads 1 --plot x.svg "a beaver"
try padwise ablate -q --unet unet.safetensors --plot x.svg "a beaver"
try padwise ablate -q --unet nosuch.safetensors --plot x.svg "a beaver"
try padwise ablate -q --unet unet.safetensors --heads 2 --plot x.svg ""
try padwise ablate -q --heads 2 "a beaver"
echo "pictures: $(ls | grep -c svg)"
