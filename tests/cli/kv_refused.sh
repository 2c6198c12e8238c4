# SPDX-License-Identifier: MIT
# kv: U-Nets, rows and queries that do not belong together: a sentence, exit 1; lines that make no sense: exit 2.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import json
from tensor_file import save
def layer(width, stem='mid_block.attentions.0.transformer_blocks.0.attn2'):
    return {stem + '.to_k.weight': ([4, width], [1] * 4 * width), stem + '.to_v.weight': ([4, width], [1] * 4 * width)}
save('unet.safetensors', layer(3))
save('sdxl.safetensors', layer(2048))
save('mmdit.safetensors', {'transformer_blocks.0.attn.add_k_proj.weight': ([1, 1], [1])})
save('flux.safetensors', {'double_blocks.0.txt_attn.qkv.weight': ([1, 1], [1])})
save('kolors.safetensors', {**layer(3), 'encoder_hid_proj.weight': ([1, 1], [1])})
save('clip.safetensors', {'text_model.final_layer_norm.weight': ([1], [1])})
half = layer(3)
half.pop('mid_block.attentions.0.transformer_blocks.0.attn2.to_v.weight')
save('half.safetensors', half)
nan = layer(3)
nan['mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight'][1][5] = float('nan')
save('nan.safetensors', nan)
save('q.safetensors', {'q': ([2, 5], [1] * 10)})
save('qq.safetensors', {'mid_block.attentions.0.transformer_blocks.0.attn2': ([2, 5], [1] * 10)})
save('qnan.safetensors', {'q': ([1, 4], [1, 2, float('inf'), 4])})
json.dump({'embedding': [[1, 2, 3], [4, 5, 6], [7, 8, 9]], 'shape': [3, 3]}, open('a.json', 'w'))
END
for unet in mmdit flux kolors clip half nan; do
    try padwise kv --unet $unet.safetensors --heads 1 --n-real 3 a.json
done
try padwise kv --unet sdxl.safetensors --heads 1 --n-real 3 a.json
try padwise kv --unet unet.safetensors --n-real 3 a.json
try padwise kv --unet unet.safetensors --heads 3 --n-real 3 a.json
try padwise kv --unet nosuch.safetensors a.json
head -c 40 unet.safetensors >cut.safetensors
try padwise kv --unet cut.safetensors a.json
for queries in q qq qnan; do
    try padwise kv --unet unet.safetensors --heads 1 --n-real 3 --queries $queries.safetensors a.json
done
try padwise kv --unet unet.safetensors --heads 1 --copy-row 3 a.json
try padwise kv --unet mmdit.safetensors --json a.json
echo "== usage"
try padwise kv a.json
try padwise kv --unet unet.safetensors
try padwise kv --unet unet.safetensors --heads 1 --head-dim 4 a.json
try padwise kv --unet unet.safetensors --copies 1,x a.json
try padwise kv --unet unet.safetensors --heads 1 --plot a.bmp a.json
try padwise kv --unet unet.safetensors --heads 1 --plot a.svg a.json a.json
echo "pictures: $(ls | grep -c svg)"
