# SPDX-License-Identifier: MIT
# flux-check: one row of CLIP reaches Flux; the file of -o holds that row, to the bit, and says where it is from.
. "$PADWISE_CLI_TESTS/helpers.bash"
cat >tensors.py <<'END'
from tensor_file import load, save
def row(i):
    return [((i * 31 + j * 7) % 13 - 6) / 4 for j in range(768)]
END
python3 - <<'END'
import json
from tensors import *
rows = [row(i) for i in range(6)]
def exchange(name, rows, prompt):
    json.dump({'prompt': prompt, 'embedding': rows, 'shape': [len(rows), 768]}, open(name, 'w'))
exchange('a.json', rows, 'a beaver')
exchange('zeroed.json', rows[:3] + [[0] * 768] * 3, 'a beaver (zeroed padding)')
exchange('words.json', [rows[0], row(50)] + rows[2:], 'a beaver')
exchange('eos.json', rows[:2] + [row(60)] + rows[3:], 'an otter')
flat = [x for r in rows for x in r]
save('own.safetensors', {'last_hidden_state': ([1, 6, 768], flat), 'pooler_output': ([1, 768], row(2))})
save('batch.safetensors', {'last_hidden_state': ([2, 6, 768], flat + flat), 'pooler_output': ([2, 768], row(2) + row(3))})
save('t5.safetensors', {'prompt_embeds': ([1, 2, 4096], [(i % 9) / 8 for i in range(8192)])})
END
padwise flux-check --n-real 3 a.json
echo "== two"
padwise flux-check --n-real 3 a.json zeroed.json | sed '1,/^Difference/d'
for other in words eos a; do
    padwise flux-check --n-real 3 --json a.json $other.json | tail -n 1 |
        json '[o["rows"][k]["n_differ"] for k in ("bos", "word", "eos", "pad", "all")], o["pooled"]["eos"]["bitwise"], o["conclusion"]'
done
padwise flux-check --json --n-real 3 a.json | json 'o["eos"]["row"], o["last"]["row"], o["last"]["role"], o["n_rows_read"]'
padwise flux-check --json --n-real 3 own.safetensors | json 'o["own"]["tensor"], o["own"]["to_eos"]["bitwise"]'
padwise flux-check --json --n-real 3 batch.safetensors | json 'o["own"]["to_eos"]["bitwise"] if "own" in o else o["conclusion"]'
padwise flux-check a.json | tail -n +3
echo "== write"
padwise flux-check --n-real 3 a.json -o out.safetensors >/dev/null
padwise flux-check --n-real 3 zeroed.json -q --t5 t5.safetensors -o t5-out.safetensors >/dev/null
padwise flux-check --n-real 3 a.json -q --pooled-row last --dtype bf16 -o last.safetensors >/dev/null
padwise flux-check own.safetensors -q -o own-out.safetensors >/dev/null
padwise flux-check --n-real 3 own.safetensors -q -o out.npz >/dev/null && padwise compare out.safetensors out.npz >/dev/null && echo npz
python3 - <<'END'
import json, struct
from tensors import *
for name in ('out', 't5-out', 'last', 'own-out'):
    tensors, metadata = load(name + '.safetensors')
    manifest = json.loads(metadata['padwise'])
    sources = manifest['sources']
    prints = [s.pop('fingerprint') for s in sources.values() if s]
    assert all(len(p) == 64 for p in prints)
    print(name, {k: v[0] for k, v in sorted(tensors.items())}, manifest['recipe'], manifest.get('prompts'), sources)
pooled = struct.pack('<768f', *row(2))
assert load('out.safetensors')[0]['pooled_prompt_embeds'][1] == pooled
assert load('own-out.safetensors')[0]['pooled_prompt_embeds'][1] == pooled
assert load('t5-out.safetensors')[0]['pooled_prompt_embeds'][1] == pooled
assert load('t5-out.safetensors')[0]['prompt_embeds'][1] == load('t5.safetensors')[0]['prompt_embeds'][1]
assert load('last.safetensors')[0]['pooled_prompt_embeds'][1] == b''.join(struct.pack('<f', x)[2:] for x in row(5))
END
padwise edit a.json --n-real 3 --edit "eos: scale 0.5" -q -o half.safetensors
padwise flux-check --n-real 3 half.safetensors -q -o half-out.safetensors >/dev/null
padwise info --json half-out.safetensors | json 'o["kind"], o["recipe"]'
python3 -c 'import json; from tensors import *; print(json.loads(load("half-out.safetensors")[1]["padwise"])["edits"])'
python3 - <<'END'
import json
o = json.load(open('zeroed.json'))
json.dump({**o, 'prompt_set': 'Short prompts'}, open('theirs.json', 'w'))
END
padwise flux-check --n-real 3 theirs.json -q -o theirs.safetensors | tail -n 1
python3 -c 'from tensors import *; print(load("theirs.safetensors")[1]["credit"])'
padwise flux-check --n-real 3 a.json -q -o - | cmp - out.safetensors && echo stdout
