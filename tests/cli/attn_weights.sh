# SPDX-License-Identifier: MIT
# attn: JSON in its form, masses and entropy that follow from the weights, zeros where nothing is seen, parts that are the whole's.
. "$PADWISE_CLI_TESTS/helpers.bash"
for mask in hf none lecture; do
    padwise attn -q --json --matrix --mask $mask "a beaver with blue teeth" >$mask.json
done
padwise tokenize --json --length model "a beaver with blue teeth" >tokens.json
python3 - <<'END'
import json, math
n_real = json.load(open('tokens.json'))['n_tokens']
for mask in 'hf', 'none', 'lecture':
    o = json.load(open(mask + '.json'))
    worst = {'sum': 0, 'mass': 0, 'entropy': 0}
    assert [layer['layer'] for layer in o['layers']] == [1, 2, 3, 4]
    for layer in o['layers']:
        assert [head['head'] for head in layer['heads']] == [0, 1]
        for head in layer['heads']:
            rows = head['weights']
            n = len(rows)
            roles = ['bos'] + ['word'] * (n_real - 2) + ['eos'] + ['pad'] * (n - n_real)
            assert all(len(row) == n for row in rows) and set(head) == {'head', 'mass', 'entropy', 'weights'}
            assert all(rows[t][s] == 0 for t in range(n) for s in range(t + 1, n)), 'sees the future'
            if mask != 'none':
                assert all(rows[t][s] == 0 for t in range(n) for s in range(n_real, t)), 'sees a pad'
            worst['sum'] = max(worst['sum'], max(abs(sum(row) - 1) for row in rows))
            for role in 'bos', 'word', 'eos', 'pad':
                mass = sum(w for row in rows for s, w in enumerate(row) if roles[s] == role) / n
                worst['mass'] = max(worst['mass'], abs(mass - head['mass'][role]))
            entropy = -sum(w * math.log(w) for row in rows for w in row if w) / n
            worst['entropy'] = max(worst['entropy'], abs(entropy - head['entropy']))
    print(mask, n, {name: value < 1e-6 for name, value in worst.items()})
END
echo "== without --matrix the same, less the weights"
padwise attn -q --json --mask none "a beaver with blue teeth" >plain.json
python3 - <<'END'
import json
whole, plain = json.load(open('none.json')), json.load(open('plain.json'))
for layer in whole['layers']:
    for head in layer['heads']:
        del head['weights']
print(plain == whole, list(plain), list(plain['layers'][0]), list(plain['layers'][0]['heads'][0]), list(plain['layers'][0]['heads'][0]['mass']))
END
echo "== parts"
padwise attn -q --json --mask none --layer 3 "a beaver with blue teeth" >layer.json
padwise attn -q --json --mask none --layer -2 --head 1 --threads 1 --cpu ref "a beaver with blue teeth" >head.json
padwise attn -q --json --mask none --layer -2 --head 1 --threads 2 --cpu ref "a beaver with blue teeth" | cmp - head.json && echo "threads change nothing"
python3 - <<'END'
import json
layer, head, plain = (json.load(open(name))['layers'] for name in ('layer.json', 'head.json', 'plain.json'))
print(layer == plain[2:3], head[0]['layer'], [h['head'] for h in head[0]['heads']],
      abs(head[0]['heads'][0]['entropy'] - layer[0]['heads'][1]['entropy']) < 1e-5)
END
padwise attn -q --json --length none "" | json 'o["layers"][0]["heads"][0]["mass"]["word"], o["layers"][0]["heads"][0]["mass"]["pad"]'
echo "== tables"
padwise attn -q --layer 2 --head 1 --length none "a beaver" | sed -n '1,6p'
padwise attn -q "a beaver" | grep -c "^ *[1-4]  "
padwise attn -q --mask none "a beaver" | grep -c "hides keys"
padwise attn -q "a beaver with $(printf 'blue %.0s' $(seq 90)) teeth" 2>&1 | awk 'length > 80 && !/"/' | wc -l
echo "== pictures"
padwise attn -q --layer 1 --length none --plot heads.txt "a beaver" >/dev/null && grep -c "head" heads.txt
padwise attn -q --length none --plot layers.txt "a beaver" >/dev/null && grep -c "mean of heads" layers.txt
padwise attn -q --length none --layer 1 --head 0 --plot - "a beaver" | grep -A2 "layer 1, head 0$"
true
