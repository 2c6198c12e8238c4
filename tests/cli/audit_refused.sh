# SPDX-License-Identifier: MIT
# audit: what cannot be audited is a sentence and exit 1; a command line that makes no sense exit 2; nothing is left behind.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"embedding":[[1,2],[3]],"shape":[2,2]}' >ragged.json
echo '{"embedding":[[1,2],[3,NaN]],"shape":[2,2]}' >nan.json
echo '{"embedding":[],"shape":[0]}' >empty.json
echo '{"embedding":[[1,0],[0,1],[1,1],[1,2]],"shape":[4,2]}' >a.json
echo '{"embedding":[[1,0,0],[0,2,0],[1,1,0],[2,1,0]],"shape":[4,3]}' >wide.json
for file in ragged.json nan.json empty.json nosuch.json; do
    try padwise audit -q --n-real 3 -o out.txt --plot p.svg a.json $file a.json
done
echo "# one prompt only, an empty set, no pads, pads whose place is unknown"
try padwise audit -q --n-real 3 -o out.txt --plot p.svg a.json
try padwise audit -q "a beaver"
: >none.txt
try padwise audit -q --from none.txt
try padwise audit -q --n-real 4 -o out.txt --plot p.svg a.json a.json a.json
try padwise audit -q "$(printf 'beaver %.0s' {1..90})" "a beaver" "a tree"
try padwise audit -q -o out.txt --plot p.svg a.json a.json a.json
try padwise audit -q --n-real 3 -o out.txt --plot p.svg a.json wide.json a.json
echo "# an encoder that did not make the files"
python3 -c '
import json
for name in "abc":
    json.dump({"prompt": name, "embedding": [[1, 0], [0, 1], [1, 1], [1, 2]], "shape": [4, 2]}, open("prompt-" + name + ".json", "w"))'
small_vocabulary v
padwise init tiny --tokenizer v --seed 3 -o tiny/ 2>/dev/null
try padwise audit -q -m tiny --n-real 3 -o out.txt prompt-*.json
echo "# command lines"
try padwise audit --claim bos-gather
try padwise audit --claim ,
try padwise audit --plot p.gif
try padwise audit --json --plot -
try padwise audit -q --n-real 3,3 a.json a.json a.json
try padwise audit -q --unet nosuch.safetensors --n-real 3 a.json a.json a.json -o out.txt
try padwise audit --json --n-real 3 a.json
ls out.txt p.svg 2>/dev/null
true
