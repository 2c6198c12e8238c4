# SPDX-License-Identifier: MIT
# Pictures of each kind, by the ending and on the terminal.
. "$PADWISE_CLI_TESTS/helpers.bash"
python3 - <<'END'
import json, struct
def rows(scale):
    return [[1.0, 0.0], [0.5, 0.5], [0.0, scale], [0.1, scale], [1.0, 0.1], [1.0, 0.0]]
for name, scale in (('a', 1.0), ('b', 0.5), ('c', -1.0)):
    json.dump({'prompt': name, 'embedding': rows(scale), 'shape': [6, 2], 'author': 'A. Author', 'license': 'CC0'}, open(name + '.json', 'w'))
values = [1, 0, 0, .5, .5, 0, .25, .25, .5] * 2
blob = struct.pack('<18f', *values)
text = json.dumps({'attention': {'dtype': 'F32', 'shape': [1, 2, 3, 3], 'data_offsets': [0, len(blob)]}}).encode()
text += b' ' * (-len(text) % 8)
open('attention.safetensors', 'wb').write(struct.pack('<Q', len(text)) + text + blob)
END
for kind in heat norms similarity curves; do
    echo "== $kind"
    padwise plot $kind --n-real 3 a.json --width 40
done
echo "== similarity of three"
padwise plot similarity --n-real 3 a.json b.json c.json --width 60
echo "== diff"
padwise plot diff --n-real 3 a.json b.json --range 2 --title "What scaling does" --width 40
echo "== attention"
padwise plot attention attention.safetensors --width 40
echo "== where it goes"
padwise plot heat a.json --n-real 3 -o heat.txt --width 40 2>/dev/null
padwise plot heat a.json --n-real 3 -o - --width 40 | cmp - heat.txt && echo "the same to a file"
padwise plot heat --color always a.json | grep -c $'\033\\[[34]8;5;' | awk '{ print ($1 > 0) }'
COLORTERM=truecolor padwise plot heat --color always a.json | grep -c $'\033\\[[34]8;2;' | awk '{ print ($1 > 0) }'
padwise plot heat a.json | grep -c $'\033'
padwise plot norms --quiet "a beaver" "an otter" -o norms.svg 2>stderr.txt
if grep -q 'SVG, PNG and PDF' stderr.txt; then skip "this build draws no pictures"; fi
cat stderr.txt
padwise plot heat a.json -o heat.png 2>&1
head -c 4 heat.png | tail -c 3 && echo
padwise plot curves -q a.json b.json c.json --n-real 3 -o curves.PDF && head -c 4 curves.PDF && echo
padwise plot heat -q a.json -o heat.svg --title '</title><script>' && grep -c '<script' heat.svg
grep -o 'width="600px"' norms.svg
padwise plot norms -q a.json -o wide.svg --width 900 && grep -o 'width="900px"' wide.svg
