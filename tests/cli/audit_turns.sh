# SPDX-License-Identifier: MIT
# audit: verdicts are what the numbers say. Each claim that can be judged is shown inputs or an encoder for which it holds,
# and others for which it does not.
. "$PADWISE_CLI_TESTS/helpers.bash"
cat >verdicts.sh <<'END'
padwise audit --json "$@" | python3 -c '
import json, sys
print(*("%s: %s" % (o["name"], o["verdict"]) for o in map(json.loads, sys.stdin)), sep="\n")'
END
verdicts() { bash verdicts.sh "$@"; }
python3 - <<'END'
import json, math
def save(name, rows):
    json.dump({'prompt': name, 'embedding': rows, 'shape': [len(rows), len(rows[0])]}, open(name + '.json', 'w'))
bos, word = [3, 0, 0, 4, 0, 0], [0, 1, 0, 0, 1, 0]
# Four prompts, each with an EOS of its own direction; pads that are: the same everywhere, alike, the prompt's EOS, between.
for i in range(4):
    eos = [0, 0, 0, 0, 0, 0]
    eos[i] = 2
    alike = [[5, 5, 5, 5, 0.1 * i, 0.01 * k] for k in range(5)]
    own = [[(5 if j == i else 0) for j in range(4)] + [0, 20 * (k == 4)] for k in range(5)]
    between = [[5, 0, 0, 0, 0, 3 * (i % 2)]] * 5
    save(f'same-{i}', [bos, word, eos] + [[1, 2, 3, 4, 5, 6]] * 5)
    save(f'alike-{i}', [bos, word, eos] + alike)
    save(f'own-{i}', [bos, word, eos] + own)
    save(f'between-{i}', [bos, word, eos] + between)
    save(f'bos-{i}', [[3, 0, 0, 4, 0, 0.5 * (i == 2)], word, eos] + alike)
    save(f'zeros-{i}', [bos, word, eos] + [[0] * 6] * 5)
END
rows=same-position,one-prompt,noise,bos-gathers
for kind in same alike own between bos zeros; do
    echo "== rows: $kind"
    verdicts --claim $rows --n-real 3 $kind-*.json
done
echo "== the numbers beside a verdict are those it was judged by"
padwise audit -q --claim same-position --n-real 3 own-*.json
padwise audit -q --claim noise --n-real 3 between-*.json
echo "== the share of attention that pads get in a U-Net, by hand"
python3 - <<'END'
import json, struct
identity = [1 if i == j else 0 for i in range(6) for j in range(6)]
stem = 'mid_block.attentions.0.transformer_blocks.0.attn2.'
blob = struct.pack('<72f', *identity, *identity)
header = json.dumps({stem + f'to_{x}.weight': {'dtype': 'F32', 'shape': [6, 6], 'data_offsets': [144 * i, 144 * i + 144]}
                     for i, x in enumerate('kv')}).encode()
header += b' ' * (-len(header) % 8)
open('unet.safetensors', 'wb').write(struct.pack('<Q', len(header)) + header + blob)
# Eight rows that are one and the same: each gets an eighth, whatever is asked, and five of them are pads.
for i in range(3):
    json.dump({'prompt': str(i), 'embedding': [[1, 2, 3, 4, 5, 6]] * 8, 'shape': [8, 6]}, open(f'flat-{i}.json', 'w'))
END
padwise audit -q --json --claim frozen-encoder --unet unet.safetensors --heads 1 --n-real 3 flat-*.json |
    json 'o["verdict"], o["n"], round(o["numbers"]["share_of_attention"], 6), o["numbers"]["layers"], o["reason"][:21]'
echo "== the encoder: as it should be"
small_vocabulary v
padwise init tiny --tokenizer v --seed 3 -o tiny/ 2>/dev/null
prompts=("a beaver" "the river tree" "a tree with a river")
encoder=flux-pads,pooled-last,padding-neutral,sd-masks,empty-prompt,compel-scales,maskpad-eos
verdicts -m tiny --claim $encoder "${prompts[@]}"
echo "== files of that encoder with it: their own prompts are asked, without a suffix that says what was done to the rows"
for i in 0 1 2; do padwise encode -q -m tiny -o "rows-$i.json" "${prompts[$i]}" 2>/dev/null; done
sed -i 's/"prompt": *"the river tree"/"prompt":"the river tree (zeroed padding)"/' rows-1.json
verdicts --tokenizer v --claim bos-gathers,pooled-last,padding-neutral rows-?.json
padwise audit -q --json -m tiny --claim pooled-last,padding-neutral rows-?.json | json 'o["name"], o["verdict"], o["n"], o["tokens"]'
padwise audit -q --json -m tiny --claim pooled-last,padding-neutral "${prompts[@]}" | json 'o["name"], o["verdict"], o["n"], o["tokens"]'
echo "== pads that are no EOS stay apart from it under MaskPAD"
verdicts -m tiny --pad-id 7 --claim maskpad-eos "${prompts[@]}"
echo "== a pad id above EOS, and pooling by the largest id: the pooled vector is a pad's"
cp -r v w
python3 - <<'END'
import json
config = json.load(open('w/tokenizer_config.json'))
config['pad_token'] = '<pad>'
json.dump(config, open('w/tokenizer_config.json', 'w'))
END
padwise init tiny --tokenizer w --seed 3 -o argmax/ 2>/dev/null
sed -i 's/"eos_token_id": *[0-9]*/"eos_token_id": 2/' argmax/config.json
verdicts -m argmax --claim flux-pads,pooled-last,padding-neutral,bos-gathers "${prompts[@]}"
echo "== and with a single pad it is the last row"
verdicts -m argmax --length 5 --claim pooled-last "a river" "the river" "river river"
echo "== rows that are all zeros: the empty prompt is nothing, and scaling explains everything"
python3 - <<'END'
import os, shutil, struct, json
shutil.copytree('tiny', 'zero')
path = 'zero/model.safetensors'
data = bytearray(open(path, 'rb').read())
n = struct.unpack('<Q', data[:8])[0]
header = json.loads(data[8:8 + n])
for name in ('weight', 'bias'):
    begin, end = header['text_model.final_layer_norm.' + name]['data_offsets']
    data[8 + n + begin:8 + n + end] = bytes(end - begin)
open(path, 'wb').write(data)
END
verdicts -m zero --claim $encoder "${prompts[@]}"
padwise audit -q -m zero | grep -c nan
echo "== a pipeline that says use_attention_mask masks"
mkdir pipe
cp -r tiny pipe/text_encoder
cp -r v pipe/tokenizer
sed -i '0,/{/s//{"use_attention_mask": true,/' pipe/text_encoder/config.json
echo '{"_class_name":"StableDiffusionPipeline","text_encoder":["transformers","CLIPTextModel"],"tokenizer":["transformers","CLIPTokenizer"]}' >pipe/model_index.json
verdicts -m pipe --claim sd-masks "${prompts[@]}"
sed -i 's/"use_attention_mask": true/"use_attention_mask": false/' pipe/text_encoder/config.json
verdicts -m pipe --claim sd-masks "${prompts[@]}"
