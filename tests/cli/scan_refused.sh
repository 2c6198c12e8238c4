# SPDX-License-Identifier: MIT
# What a scan cannot measure: a sentence, exit 1; a command line that makes no sense: exit 2; no picture is left behind.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"embedding":[[1,0],[0,1],[1,1],[1,2]],"shape":[4,2]}' >a.json
echo '{"embedding":[[1,0,0],[0,2,0],[1,1,0],[2,1,0]],"shape":[4,3]}' >wide.json
echo '{"embedding":[[1,0],[0,1],[1,1],[1,2],[1,2]],"shape":[5,2]}' >longer.json
python3 - <<'END'
import json, struct
values = [1, 2, 3, float('nan'), 1, 1, 2, 2]
header = json.dumps({'last_hidden_state': {'dtype': 'F32', 'shape': [1, 4, 2], 'data_offsets': [0, 32]}}).encode()
header += b' ' * (-len(header) % 8)
open('nan.safetensors', 'wb').write(struct.pack('<Q', len(header)) + header + struct.pack('<8f', *values))
END
full=$(printf 'beaver %.0s' {1..75})
long=$(printf 'beaver %.0s' {1..90})
echo "# no pads at all"
try padwise diff -q --plot x.svg "$full"
try padwise padlen-scan -q --plot x.svg "$full"
try padwise padlen-scan -q "a beaver" 4..4
try padwise diff -q --length 4 "a beaver"
try padwise cfg-delta -q --n-real 4 -n a.json a.json
try padwise pool-compare -q --n-real 4 a.json a.json
echo "# one prompt only, none, an empty one, one that is cut"
try padwise pool-compare -q --plot x.svg "a beaver"
try padwise pool-compare -q
try padwise ablate -q --plot x.svg ""
try padwise ablate -q "$long"
try padwise ablate -q
try padwise diff -q
try padwise padlen-scan -q
try padwise cfg-delta -q
try padwise compare --rows a.json
echo "# files"
try padwise compare -q --rows --plot x.svg a.json nan.safetensors
try padwise cfg-delta -q --n-real 3 -n nan.safetensors a.json
try padwise pool-compare -q --n-real 3 --plot x.svg a.json nan.safetensors
try padwise compare -q --rows a.json wide.json
try padwise cfg-delta -q --n-real 3 -n wide.json a.json
try padwise cfg-delta -q --n-real 3 -n longer.json a.json
try padwise cfg-delta -q a.json
try padwise cfg-delta -q -n a.json a.json
try padwise pool-compare -q a.json a.json
echo "# lines"
try padwise diff --mask none a
try padwise diff --mask none,none a
try padwise diff --mask none,key a
try padwise diff -q --length none a
try padwise diff -q --length 99 a
try padwise padlen-scan -q a 5
try padwise padlen-scan -q a 9..5
try padwise padlen-scan -q a 2..9
try padwise padlen-scan -q a 5..78
try padwise ablate -q --plot x.svg a b
try padwise ablate --plot x.gif a
try padwise pool-compare --json --plot - a b
try padwise compare --rows --dialects all a b
try padwise compare --plot x.svg a.json b.json
try padwise compare --model x a.json b.json
try padwise compare --rows --steps 3 a.json b.json
try padwise diff --json "$full"
ls
