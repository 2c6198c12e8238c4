# SPDX-License-Identifier: MIT
# The ten steps on a batch that a person can compute: text, the variants of the mask, JSON that can be read again.
. "$PADWISE_CLI_TESTS/helpers.bash"
cat >tiny.json <<'END'
{"sentences": ["a b", "c"], "ids": [[1, 2], [3]], "pad_id": 0,
 "embeddings": [[[0, 0], [1, 1]], [[2, 0], [0, 2]]]}
END
padwise walkthrough --embeddings tiny.json
echo "== JSON: fields in their order, nested as sentence, query, key"
padwise walkthrough --json --embeddings tiny.json >out.json
json 'list(o)[:10]' <out.json
json 'o["ids"], o["lengths"], o["padded"], o["mask"], o["mask_shape"]' <out.json
json '[[round(x, 12) for x in row] for row in o["masked_scores"][1]], o["weights"][1], o["row_sums"], o["context"][1]' <out.json
json 'o["causal"]["mask_shape"], [[[round(x, 12) for x in row] for row in s] for s in o["causal"]["weights"]], o["no_visible_key"]' <out.json
padwise walkthrough --json --embeddings out.json | cmp - out.json && echo "reads its own"
padwise walkthrough --json --embeddings - <tiny.json | cmp - out.json && echo "reads stdin"
echo "== rows without a key"
padwise walkthrough --json --padding-side left --embeddings tiny.json | json 'o["padded"], o["no_visible_key"], o["causal"]["no_visible_key"], o["causal"]["weights"][1]'
sed 's/\[3\]/[]/' tiny.json >empty.json
padwise walkthrough --json --embeddings empty.json | json 'o["lengths"], o["no_visible_key"], o["weights"][1], o["masked_scores"][1]'
padwise walkthrough --embeddings empty.json | grep -c "sees itself and nothing else"
echo "== a model"
padwise walkthrough --json "a beaver" "a" | json 'o["lengths"], o["mask"], [len(o["scores"]), len(o["scores"][0]), len(o["context"][0][0])]'
padwise walkthrough --json --mask lecture "a beaver" "a" | json 'o["mask"], o["measured"]["n_hidden_tokens"]'
padwise walkthrough --json --length model "a" | json 'o["mask_shape"]'
padwise walkthrough --json --length 4 "a beaver with blue teeth" 2>/dev/null | json 'o["lengths"]'
padwise encode -q --hidden 0 --only hidden_states.0 --length longest -o states.npz "a beaver" "a"
padwise walkthrough --json "a beaver" "a" >model.json
python3 - <<'END'
import json, struct, zipfile
states = zipfile.ZipFile('states.npz').read('hidden_states.0.npy')
flat = [x for s in json.load(open('model.json'))['embeddings'] for row in s for x in row]
print('hidden_states.0:', list(struct.unpack(f'<{len(flat)}f', states[-4 * len(flat):])) == flat)
END
padwise walkthrough | awk 'length > 80 && !/[^ -~]/' | wc -l
padwise walkthrough --length model >wide.txt; echo "exit $?"
awk 'length > 80 && !/[^ -~]/' wide.txt | wc -l
padwise walkthrough --step 3 --from <(for i in $(seq 64); do echo "a"; done) | tail -n 9
padwise walkthrough --step 2 --padding-side left "a" "a beaver"
padwise walkthrough --color always --embeddings tiny.json | grep -c "$(printf '\033')" | awk '{ print ($1 > 10) }'
