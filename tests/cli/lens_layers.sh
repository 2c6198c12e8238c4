# SPDX-License-Identifier: MIT
# lens: norms and cosines are those of the hidden states that encode writes; the trace has every step in its order.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode -q --hidden all --only "$(seq -s, -f 'hidden_states.%.0f' 0 4),last_hidden_state" -o states.npz "a beaver with teeth"
padwise lens -q --json --trace "a beaver with teeth" >lens.json
padwise lens -q --json --final-norm "a beaver with teeth" >normed.json
for layer in 0 2 4; do padwise lens -q --json --layer $layer "a beaver with teeth"; done >rows.json
padwise lens -q --json --layer -1 "a beaver with teeth" | cmp - <(tail -n 1 rows.json) && echo "-1 is the last"
python3 - <<'END'
import json, math, struct, zipfile
lens, normed = (json.load(open(name + '.json')) for name in ('lens', 'normed'))
file = zipfile.ZipFile('states.npz')
n_layers, n, n_real = len(lens['layers']) - 1, 77, lens['n_real']
roles = ['bos'] + ['word'] * (n_real - 2) + ['eos'] + ['pad'] * (n - n_real)
def rows(name):
    data = file.read(name + '.npy')
    width = (len(data) - 128) // 4 // n
    flat = struct.unpack(f'<{n * width}f', data[-4 * n * width:])
    return [flat[t * width:(t + 1) * width] for t in range(n)]
dot = lambda a, b: sum(x * y for x, y in zip(a, b))
norm = lambda a: math.sqrt(dot(a, a))
mean = lambda values, role: (lambda chosen: sum(chosen) / len(chosen))([v for v, r in zip(values, roles) if r == role])
states = [rows(f'hidden_states.{layer}') for layer in range(n_layers + 1)]
worst = 0
for layer, state in zip(lens['layers'], states):
    for role in layer['norm']:
        worst = max(worst, abs(layer['norm'][role] - mean([norm(row) for row in state], role)),
                    abs(layer['cosine_to_final'][role] - mean([dot(a, b) / norm(a) / norm(b) for a, b in zip(state, states[-1])], role)))
print('layers', n_layers, n_real, worst < 1e-9, lens['layers'][-1]['cosine_to_final'])
last = rows('last_hidden_state')
print('final norm', abs(normed['layers'][-1]['norm']['pad'] - mean([norm(row) for row in last], 'pad')) < 1e-9, normed['final_norm'])
for line in open('rows.json'):
    o = json.loads(line)['layers'][0]
    print('rows', o['layer'], [r['role'] for r in o['rows']] == roles,
          max(abs(r['norm'] - norm(row)) for r, row in zip(o['rows'], states[o['layer']])) < 1e-9)
def spread(state):
    flat = [x for row in state for x in row]
    m = sum(flat) / len(flat)
    return m, math.sqrt(sum((x - m) ** 2 for x in flat) / len(flat))
trace = lens['trace']
print(' '.join(f"{'' if s['layer'] is None else s['layer']}.{s['step']}" for s in trace))
print({tuple(s['shape']) for s in trace} == {(77, 128), (77, 512), (1, 128)})
ends = [s for s in trace if s['step'] in ('embedding', 'block')]
print('block is hidden_states', max(max(abs(a - b) for a, b in zip(spread(state), (s['mean'], s['std']))) for s, state in zip(ends, states)) < 1e-9)
final = [s for s in trace if s['step'] == 'final_norm'][0]
print('final_norm is last_hidden_state', max(abs(a - b) for a, b in zip(spread(last), (final['mean'], final['std']))) < 1e-9)
END
echo "== no pads"
padwise lens -q --json --length none "a beaver" | json 'o["layers"][0]["norm"]["pad"], "trace" in o'
padwise lens -q --length none "a beaver" | sed -n '1,5p'
echo "== tables"
padwise lens -q --layer 1 --length 6 "a beaver" | awk '{ print $1, $2, $3 }' | tail -n 7
padwise lens -q --trace "a beaver" | grep -c "\[77,"
padwise lens -q --trace "a beaver" | awk 'length > 80' | wc -l
padwise lens -q --plot curves.txt "a beaver" >/dev/null && grep -c "Norm\|Cosine" curves.txt
true
