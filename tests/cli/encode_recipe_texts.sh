# SPDX-License-Identifier: MIT
# Negatives, second texts, clip skip, flavours and dialects of a recipe of two encoders; --like makes them all again.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
mkdir -p xl
for n in "" _2; do padwise init -q tiny --tokenizer vocab --seed 1$n -o xl/text_encoder$n 2>/dev/null || padwise init -q tiny --tokenizer vocab --seed 2 -o xl/text_encoder$n; done
echo '{"_class_name":"StableDiffusionXLPipeline","text_encoder":["transformers","CLIPTextModel"],
"text_encoder_2":["transformers","CLIPTextModelWithProjection"],"force_zeros_for_empty_prompt":true}' >xl/model_index.json
e() { padwise encode -q -m xl "$@"; }
differ() { padwise compare "$1" "$2" --json | json '[(t["name"], t["bitwise"]) for t in o["tensors"]]'; }
e -o none.safetensors "a beaver"
e -n "" -o empty.safetensors "a beaver"
differ none.safetensors empty.safetensors
e --prompt-2 "a river" -o second.safetensors "a beaver"
differ none.safetensors second.safetensors
e --clip-skip 1 -n blurry -o skip.safetensors "a beaver"
e -n blurry -o blurry.safetensors "a beaver"
differ skip.safetensors blurry.safetensors
echo "-- flavours and dialects"
padwise encode -q --json -m xl --flavour comfyui -o comfy.safetensors "a (beaver:1.3)" |
    json 'o["flavour"], o["dialect"], o["tokenizer_mode"], o["tensors"][0]["shape"]'
padwise encode -q --json -m xl --flavour a1111 --dialect compel -o x.safetensors "a beaver++" | json 'o["flavour"], o["dialect"]'
padwise encode -q --json -m xl --dialect a1111 -o x.safetensors "a [beaver:otter:0.5]" | json '[t["name"] for t in o["tensors"]]'
padwise info --json x.safetensors | json 'o["manifest"]["schedule"]'
try padwise encode -q -m xl --dialect a1111 -o x.safetensors "a tree" "a [beaver:otter:0.5]"
try padwise encode -q -m xl --dialect a1111 -o s/ --shard-size 1 "a [beaver:otter:0.5]"
padwise encode -q -m xl --dialect a1111 -o each/ "a tree" "a [beaver:otter:0.5]" && ls each s
echo "-- --like"
e --flavour a1111 --clip-skip 1 --emphasis no-norm --steps 7 --backtrack 3 -n "blurry (tree:1.2)" --dtype f16 -o like.safetensors "a (beaver:1.3)" 2>/dev/null
e --like like.safetensors -o again.safetensors "a (beaver:1.3)" 2>/dev/null
cmp like.safetensors again.safetensors && echo "same bytes"
e --like comfy.safetensors -o again.safetensors "a (beaver:1.3)" && cmp comfy.safetensors again.safetensors && echo "same bytes"
e --no-negative -o like.safetensors "a beaver" && e --like like.safetensors -o again.safetensors "a beaver"
cmp like.safetensors again.safetensors && echo "same bytes"
echo "-- a prompt that means something else is named, and so is what is cut"
padwise encode -m xl --explain -o x.safetensors --dialect comfyui "a [beaver] (tree:1.2)" 2>&1 | grep -c 'warning: prompt 1:.*a1111'
padwise encode -m xl --explain -o x.safetensors --dialect comfyui "a (tree:1.2)" 2>&1 | grep -- '- 1[. ]'
padwise encode -m xl --dialect comfyui -o x.safetensors "a (tree:1.2)" 2>&1 | grep -c ' 1\.2  '
padwise encode -q -m xl -o x.safetensors "$(yes beaver | head -n 200 | tr '\n' ' ')" 2>&1 | grep -c 'tokens were cut off, 77 fit: "'
printf '{"prompt":"a tree","prompt_2":"a river","prompt_3":"x"}\n' >p.jsonl
try padwise encode -q -m xl -o x.safetensors --from p.jsonl
echo "-- textual inversion"
python3 - <<'END'
import json, os, struct
header = json.dumps({'clip_l': {'dtype': 'F32', 'shape': [2, 64], 'data_offsets': [0, 512]},
                     'clip_g': {'dtype': 'F32', 'shape': [2, 64], 'data_offsets': [512, 1024]}}).encode()
os.mkdir('embeddings')
open('embeddings/teeth.safetensors', 'wb').write(struct.pack('<Q', len(header)) + header + struct.pack('<256f', *[0.01 * i for i in range(256)]))
END
e --flavour comfyui --embedding-dir embeddings -o with.safetensors "a embedding:teeth tree"
e --flavour comfyui -o without.safetensors "a tree" && differ with.safetensors without.safetensors
e --flavour comfyui --embedding-dir embeddings -o with.safetensors "a embedding:nothing tree" 2>&1 | sort -u
