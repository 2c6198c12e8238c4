# SPDX-License-Identifier: MIT
# Files that hold no rows to work with, given to every scan, to kv, edit and sweep in each of their places: one sentence, exit 1,
# nothing on standard output, and neither a picture, a file nor a folder is left.
. "$PADWISE_CLI_TESTS/helpers.bash"
mkdir folder folder.json
python3 - <<'END_PYTHON'
import json
from tensor_file import save
def rows_of(name, shape, values):
    save(name, {'last_hidden_state': (shape, values)}, {'n_real': '3'})
def text(name, value):
    open(name, 'w').write(value)
rows = [[1, 0, 0], [0, 2, 0], [1, 1, 0], [2, 1, 0], [0, 3, 1]]
flat = [float(x) for row in rows for x in row]
text('good.json', json.dumps({'embedding': rows, 'shape': [5, 3], 'n_real': 3}))
text('other.json', json.dumps({'embedding': rows[::-1], 'shape': [5, 3], 'n_real': 3}))
text('ragged.json', '{"embedding":[[1,0,0],[0,2],[1,1,0]],"shape":[3,3],"n_real":2}')
text('nan.json', '{"embedding":[[1,0,0],[0,2,NaN],[1,1,0]],"shape":[3,3],"n_real":2}')
text('shape.json', '{"embedding":[[1,0,0],[0,2,1],[1,1,0]],"shape":[4,3],"n_real":2}')
text('none.json', '{"embedding":[],"shape":[0,0]}')
text('cut.json', '{"embedding":[[1,0,0],[0,2')
text('array.json', '[1,2,3]')
text('prompt.json', '{"prompt":"a beaver"}')
for name in ('zero.json', 'zero.safetensors', 'zero.npz', 'zero.npy'):
    text(name, '')
rows_of('rank4.safetensors', [1, 1, 5, 3], flat)
rows_of('rank1.safetensors', [15], flat)
rows_of('batch0.safetensors', [0, 5, 3], [])
rows_of('nan.safetensors', [1, 5, 3], flat[:-1] + [float('nan')])
open('junk.safetensors', 'wb').write(b'\xff' * 100)
stem = 'mid_block.attentions.0.transformer_blocks.0.attn2.'
save('unet.safetensors', {stem + what + '.weight': ([4, 3], [1.0] * 12) for what in ('to_k', 'to_v')})
END_PYTHON
refused() {
    padwise "$@" >out 2>err; local status=$?
    n=$((n + 1))
    [ $status = 1 ] && [ "$(grep -c . err)" = 1 ] && [ ! -s out ] && ! ls x.svg o.* steps 2>/dev/null && return
    echo "padwise $*: exit $status"; cat err; rm -rf x.svg o.* steps
}
n=0
for bad in ragged.json nan.json shape.json none.json cut.json array.json prompt.json zero.{json,safetensors,npz,npy} \
        {rank4,rank1,batch0,nan,junk}.safetensors folder folder.json missing.json; do
    refused compare -q --rows --plot x.svg -o o.txt good.json $bad
    refused compare -q --rows --plot x.svg $bad good.json
    refused cfg-delta -q --plot x.svg -o o.txt -n good.json $bad
    refused cfg-delta -q --plot x.svg -n $bad good.json
    refused pool-compare -q --plot x.svg --clusters 2 -o o.txt good.json other.json $bad
    refused kv -q --unet unet.safetensors --heads 1 --plot x.svg -o o.txt $bad
    refused kv -q --unet $bad --heads 1 --plot x.svg good.json
    refused kv -q --unet unet.safetensors --heads 1 --queries $bad --plot x.svg good.json
    refused ablate -q --unet $bad --heads 1 --plot x.svg -o o.txt "a beaver"
    refused flux-check -q -o o.safetensors $bad
    refused edit -q $bad --edit "pads: scale 2" -o o.safetensors
    refused edit -q good.json --edit "all: from $bad" -o o.json
    refused edit -q $bad --variants workshop -o steps/
    refused sweep -q $bad --edit "pads: scale {x}" --values 0,1 --plot x.svg -o steps/
    refused sweep -q good.json --edit "all: lerp {x} to $bad" --values 1,2 --plot x.svg -o steps/
done
echo "$n refused"
echo "# a later step, or what comes out, cannot be"
try padwise sweep -q good.json --edit "first {x} of pads: zero" --values 1,2,3 --plot x.svg -o steps/
try padwise sweep -q good.json --edit "pads: scale {x}" --values 1,1e39 --plot x.svg -o steps/
try padwise edit -q good.json --edit "all: scale 1e300" -o o.safetensors
try padwise edit -q good.json --edit "all: scale 60000" --dtype f16 -o o.safetensors
try padwise edit -q nan.safetensors --edit "first 1 of pads: zero" -o o.safetensors
ls -d x.svg o.* steps 2>/dev/null
echo "# what is not a number may be edited away"
try padwise edit -q nan.safetensors --edit "pads: zero" -o o.safetensors
