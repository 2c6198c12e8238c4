# SPDX-License-Identifier: MIT
# --like takes every choice from a file: the same prompt gives the same bytes again; options beside it win.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode -q --length 20 --mask lecture --hidden 0,-2 --hidden-norm --dtype f16 -n "blurry" \
    --tokenizer-mode openai --pad-id 3 -o a.safetensors "a beaver"
padwise encode -q --like a.safetensors -o b.safetensors "a beaver"
cmp a.safetensors b.safetensors && echo "same bytes"
padwise encode -q --like a.safetensors --no-negative --length 12 -o c.safetensors "an otter"
padwise info --json c.safetensors | json 'sorted((t["name"], t["dtype"], t["shape"][:2]) for t in o["tensors"])[:3]'
small_vocabulary vocab
padwise init -q tiny --seed 1 --tokenizer vocab -o model1
padwise init -q tiny --seed 2 --tokenizer vocab -o model2
padwise encode -q -m model1 -o m1.safetensors "a beaver"
try padwise encode -q --like m1.safetensors -o m2.safetensors "a beaver" | sed 's/with .*: give/with MODEL: give/'
padwise encode -q -m model1 --like m1.safetensors -o m2.safetensors "a beaver" && cmp m1.safetensors m2.safetensors && echo "same bytes"
padwise encode -q -m model2 --like m1.safetensors -o m3.safetensors "a beaver" 2>&1 | grep -o 'was made with another model'
try padwise encode -q --like model1/model.safetensors x
