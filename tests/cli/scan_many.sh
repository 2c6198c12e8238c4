# SPDX-License-Identifier: MIT
# diff and ablate of more prompts than a batch holds: each has the numbers that it has alone, whatever window it fell into.
. "$PADWISE_CLI_TESTS/helpers.bash"
for i in {1..40}; do echo "a beaver number $i"; done >many.txt
padwise diff --json --length 12 --from many.txt >all.json
sed -n 39p many.txt >one.txt
padwise diff --json --length 12 --from one.txt | head -n 1 >alone.json
sed -n 39p all.json | cmp - alone.json && echo same; tail -n 1 all.json | json 'o["n"]'
padwise diff -q --length 12 --from many.txt >table; grep -c '^"a beaver' table; grep -c '^$' table; grep -n 'n = 40' table | cut -d: -f2 | grep -o 'n = 40 prompts'
padwise ablate --json --length 12 --from many.txt | sed -n 39p >39.json
padwise ablate --json --length 12 --from one.txt | cmp - 39.json && echo same
