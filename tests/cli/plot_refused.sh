# SPDX-License-Identifier: MIT
# What cannot be drawn: a sentence, no picture half written; a command line that makes no sense: exit 2.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"embedding":[[1,0],[0,1],[1,1],[1,2]],"shape":[4,2]}' >a.json
echo '{"embedding":[[1,0],[0,1],[1,1]],"shape":[3,2]}' >short.json
echo '{"embedding":[[1,0,0],[0,2,0],[1,1,0],[2,1,0]],"shape":[4,3]}' >wide.json
echo '{"embedding":[[1,2],[3,NaN]],"shape":[2,2]}' >nan.json
try padwise plot
try padwise plot bars a.json
try padwise plot heat
try padwise plot heat nan.json -o p.png
try padwise plot heat nosuch.json -o p.png
try padwise plot heat a.json wide.json -o p.png
try padwise plot diff a.json -o p.png
try padwise plot diff a.json a.json a.json a.json -o p.png
try padwise plot diff a.json short.json -o p.png
try padwise plot attention a.json -o p.png
try padwise plot attention a.json a.json
try padwise plot attention --tensor x a.json
try padwise plot heat a.json -o p.jpg
try padwise plot heat a.json -o nofolder/p.png
mkdir folder.png
try padwise plot heat a.json -o folder.png
try padwise plot heat a.json --json
try padwise plot heat a.json --range 0
try padwise plot norms a.json --range 1
try padwise plot heat a.json --width 2000
try padwise plot heat a.json --width 100 -o p.png
try padwise plot heat --n-real 7 a.json -o p.png
try padwise plot heat --labels x a.json
ls -A | grep -v try.stderr
