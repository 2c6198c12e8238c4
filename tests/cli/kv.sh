# SPDX-License-Identifier: MIT
# kv: a U-Net of small whole numbers whose keys can be computed by hand, under both namings.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
from tensor_file import save
identity = [1 if i == j else 0 for i in range(4) for j in range(4)]
double = [2 * x for x in identity]
stem = 'down_blocks.0.attentions.0.transformer_blocks.0.attn2.'
layers = {stem + 'to_k.weight': ([4, 4], identity), stem + 'to_v.weight': ([4, 4], double),
          'mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight': ([4, 4], double),
          'mid_block.attentions.0.transformer_blocks.0.attn2.to_v.weight': ([4, 4], identity)}
save('unet.safetensors', layers)
stem = 'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.'
save('ldm.safetensors', {stem + 'to_k.weight': ([4, 4], identity), stem + 'to_v.weight': ([4, 4], double)})
# BOS, a word, EOS, and three pads that are EOS again.
rows = [[3, 0, 0, 4], [0, 1, 0, 0], [0, 0, 2, 0]] + [[0, 0, 2, 0]] * 3
save('rows.safetensors', {'last_hidden_state': ([1, 6, 4], [x for row in rows for x in row])}, {'n_real': '3'})
save('queries.safetensors', {'q': ([2, 4], [0, 0, 0, 0, 0, 0, 1, 0])})
save('named.safetensors', {'mid_block.attentions.0.transformer_blocks.0.attn2': ([1, 4], [0, 0, 0, 0])})
END
padwise kv --unet unet.safetensors --heads 1 --queries queries.safetensors --copies 0,1,4 rows.safetensors
echo "== json"
padwise kv --unet unet.safetensors --heads 1 --queries queries.safetensors --copies 0,1,4 --json rows.safetensors >out.json
json 'o["naming"], o["queries"], o["seed"], o["n_real"], o["copies"]["row"], o["copies"]["counts"]' <out.json
json '[(l["name"], l["n_heads"], l["n_queries"]) for l in o["layers"]]' <out.json
json '[(r["position"], r["role"], r["k_norm"], r["v_norm"], r["k_cos_eos"]) for r in o["layers"][0]["rows"]]' <out.json
python3 - <<'END'
import json, math
o = json.loads(open('out.json').readline())
# The first query is all zeros: every row gets 1/6. The second's scores are the third numbers of the keys over sqrt(4).
for layer, scale in zip(o['layers'], (1, 2)):
    e = math.exp(scale * 2 / 2)
    eos = (1 / 6 + e / (2 + 4 * e)) / 2
    assert abs(layer['mass']['eos'] - eos) < 1e-12 and abs(layer['mass']['pad'] - 3 * eos) < 1e-12, layer['mass']
    for n, mass in zip((0, 1, 4), layer['heads'][0]['copies']):
        assert abs(mass - (n / (n + 2) + n * e / (n * e + 2)) / 2) < 1e-12
    # EOS and its three copies are what four copies of EOS beside BOS and the word are.
    assert abs(layer['mass']['eos'] + layer['mass']['pad'] - layer['heads'][0]['copies'][2]) < 1e-12
    assert abs(sum(row['mass'] for row in layer['rows']) - 1) < 1e-12
print('by hand')
END
echo "== others"
padwise kv --unet ldm.safetensors --head-dim 2 --json rows.safetensors |
    json 'o["naming"], o["queries"], o["seed"], [(l["name"], l["n_heads"], l["n_queries"]) for l in o["layers"]]'
padwise kv --unet unet.safetensors --heads 2 --json rows.safetensors >a.json
padwise kv --unet unet.safetensors --heads 2 --json --threads 1 --seed 0 rows.safetensors | cmp - a.json && echo same
padwise kv --unet unet.safetensors --heads 2 --json --seed 1 rows.safetensors | cmp -s - a.json || echo another seed
padwise kv --unet unet.safetensors --heads 1 --queries named.safetensors --json rows.safetensors |
    json '[(l["n_queries"], l["mass"]["eos"] is None) for l in o["layers"]], o["copies"]["mass"][1]'
padwise kv --unet unet.safetensors --heads 1 --copy-row 0 --copies 1 --json rows.safetensors | json 'o["copies"]["row"]'
python3 - <<'END'
from tensor_file import save
save('plain.safetensors', {'last_hidden_state': ([1, 2, 4], [1, 0, 0, 0, 0, 1, 0, 0])})
END
padwise kv --unet ldm.safetensors --heads 1 --n-queries 8 plain.safetensors
echo "== picture"
padwise kv --unet unet.safetensors --heads 1 --plot picture.txt -q -o kv.txt rows.safetensors
for words in "softmax share by layer" "norm of keys" "share of n copies"; do grep -c "$words" picture.txt; done
grep -c "K bos" kv.txt
padwise kv --unet unet.safetensors --heads 1 --plot - --width 60 -o kv.txt rows.safetensors 2>/dev/null | grep -c "softmax share"
for args in "" "--n-real 3"; do
    padwise kv --unet unet.safetensors --heads 1 $args rows.safetensors | awk 'length > 80 { print "wide: " $0 }'
done
