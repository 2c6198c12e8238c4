# SPDX-License-Identifier: MIT
# flux-check: what is no conditioning of CLIP-L, or no T5 rows: a sentence, exit 1, and no file.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import math
import tensor_file
def save(name, shapes):
    tensor_file.save(name, {key: (shape, [0.5] * math.prod(shape)) for key, shape in shapes.items()})
save('clip.safetensors', {'last_hidden_state': [1, 4, 768]})
save('batch.safetensors', {'last_hidden_state': [2, 4, 768]})
save('sdxl.safetensors', {'prompt_embeds': [1, 4, 2048]})
save('flux.safetensors', {'prompt_embeds': [1, 4, 4096], 'pooled_prompt_embeds': [1, 768]})
save('t5-small.safetensors', {'last_hidden_state': [1, 4, 512]})
save('t5-batch.safetensors', {'last_hidden_state': [2, 4, 4096]})
save('t5-none.safetensors', {'x': [1, 4, 4096]})
END
try padwise flux-check sdxl.safetensors
try padwise flux-check flux.safetensors
try padwise flux-check nosuch.safetensors
try padwise flux-check clip.safetensors -o out.safetensors
try padwise flux-check --n-real 2 batch.safetensors -o out.safetensors
for t5 in t5-small t5-batch t5-none clip nosuch; do
    try padwise flux-check --n-real 2 clip.safetensors -q --t5 $t5.safetensors -o out.safetensors
done
padwise flux-check --n-real 2 clip.safetensors --pooled-row last -q -o out.safetensors 2>&1 >/dev/null
rm out.safetensors
try padwise flux-check --json sdxl.safetensors
echo "== usage"
try padwise flux-check
try padwise flux-check --pooled-row first clip.safetensors
try padwise flux-check --t5 t5-small.safetensors clip.safetensors
try padwise flux-check clip.safetensors clip.safetensors -o out.safetensors
try padwise flux-check clip.safetensors -o out.json
try padwise flux-check clip.safetensors -o out/
echo "files: $(ls | grep -c "^out")"
