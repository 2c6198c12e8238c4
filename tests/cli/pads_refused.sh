# SPDX-License-Identifier: MIT
# What cannot be measured: a sentence that says why and what to do, exit 1; a command line that makes no sense: exit 2.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"embedding":[[1,2],[3]],"shape":[2,2]}' >ragged.json
echo '{"embedding":[[1,2],[3,NaN]],"shape":[2,2]}' >nan.json
echo '{"embedding":[1,2,3],"shape":[3]}' >flat.json
echo '{"embedding":[],"shape":[0]}' >empty.json
echo '{"embedding":[[1,0],[0,1],[1,1],[1,2]],"shape":[4,2]}' >a.json
echo '{"embedding":[[1,0,0],[0,2,0],[1,1,0],[2,1,0]],"shape":[4,3]}' >wide.json
echo '{"embedding":[[1,0],[0,1],[0,0],[0,0]],"shape":[4,2]}' >zeros.json
python3 - <<'END'
from tensor_file import save
save('nan.safetensors', {'last_hidden_state': ([1, 2, 2], [1, 2, 3, float('nan')])})
save('infinite.safetensors', {'last_hidden_state': ([1, 2, 2], [1, 2, float('-inf'), 4])})
save('none.safetensors', {'last_hidden_state': ([0, 77, 2], [])})
save('two.safetensors', {'x': ([2, 2], [1, 2, 3, 4]), 'y': ([2, 2], [1, 2, 3, 4])})
END
for file in ragged.json nan.json flat.json empty.json nan.safetensors infinite.safetensors none.safetensors two.safetensors \
        nosuch.json; do
    try padwise pads stats $file
done
try padwise pads stats --tensor z two.safetensors
try padwise pads stats --n-real 4 a.json
try padwise pads stats --n-real 5 a.json
try padwise pads stats --n-real 2 a.json wide.json
try padwise pads stats --positions 2,9 a.json
try padwise pads regime a.json
try padwise pads regime --n-real 2 zeros.json
try padwise pads svd a.json
try padwise pads svd --n-real 2 zeros.json
try padwise pads probe --n-real 2 a.json a.json
try padwise pads signature --n-real 2 a.json
try padwise pads signature --n-real 2 a.json a.json
try padwise pads stats --json nan.safetensors
try padwise pads stats
try padwise pads
try padwise pads means a.json
try padwise pads stats --n-real 1 a.json
try padwise pads stats --n-real 2,2,2 a.json
try padwise pads stats --positions 3..1 a.json
try padwise pads stats --positions 1, a.json
try padwise pads probe --n-real 2 --labels x,y a.json a.json a.json
try padwise pads probe --n-real 2 --labels x,x,x a.json a.json a.json
try padwise pads regime --n-real 2 --against a.json a.json
python3 -c '
import json
json.dump({"embedding": [[i % 7, 1] for i in range(1500)], "shape": [1500, 2]}, open("long.json", "w"))'
try padwise pads stats --n-real 4 long.json
padwise pads stats --n-real 4 --positions 5,1499 --json long.json | json 'o["pairs"]'
