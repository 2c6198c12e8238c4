# SPDX-License-Identifier: MIT
# What cannot be reported: a sentence and no page; what was there stays.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"embedding":[[1,0],[0,1],[1,1],[1,2]],"shape":[4,2]}' >a.json
echo '{"embedding":[[1,2],[3]],"shape":[2,2]}' >ragged.json
echo '{"embedding":[[1,0,0],[0,2,0],[1,1,0],[2,1,0]],"shape":[4,3]}' >wide.json
echo old >page.html
try padwise report -o page.html
try padwise report -o page.html a.json nosuch.json
try padwise report -o page.html ragged.json
try padwise report -o page.html a.json wide.json
try padwise report -o page.html $(for i in $(seq 17); do echo a.json; done)
try padwise report -o page.html --json a.json
try padwise report -o nofolder/page.html a.json
mkdir folder
try padwise report -o folder a.json
try padwise report -o page.html --n-real 9 a.json
cat page.html
ls -A | grep -v try.stderr
seq 40 >forty.txt
try padwise report -q -o page.html $(seq 40)
try padwise report -q -o page.html --from forty.txt
try padwise report -q -o page.html --flavour a1111 "a cat AND a dog"
try padwise report -q -o page.html --layer 9 "a cat"
try padwise report -q -o page.html "$(printf 'a \377')"
cat page.html
