# SPDX-License-Identifier: MIT
# attn and lens: lines that make no sense are refused before anything is computed, with what would make sense.
. "$PADWISE_CLI_TESTS/helpers.bash"
try padwise attn -q
try padwise attn -q a b
try padwise attn -q --layer 0 a
try padwise attn -q --layer 5 a
try padwise attn -q --layer one a
try padwise attn -q --head 2 a
try padwise attn -q --matrix a
try padwise attn -q --length 100 a
try padwise attn -q --plot map.gif a
try padwise attn -q --json --plot - a
try padwise attn -q --plot nosuch/map.txt a
try padwise attn -q -m nosuch a
try padwise attn --json --layer 7 a
try padwise lens -q
try padwise lens -q --layer 5 a
try padwise lens -q --layer -6 a
try padwise lens -q --plot curves.gif a
try padwise lens -q --head 1 a
ls
echo "== help"
for command in attn lens; do
    padwise help $command | awk -v c=$command 'length > 80 { print c ": " $0 } END { print c, (NR <= 40) }'
done
