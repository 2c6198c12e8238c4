# SPDX-License-Identifier: MIT
# bench for people: the machine first, tables of at most 80 columns, a place in a file for them; what the command made for
# itself is gone afterwards.
. "$PADWISE_CLI_TESTS/helpers.bash"
export TMPDIR="$PWD/tmp"
mkdir tmp
small_vocabulary vocab
padwise init -q tiny --tokenizer vocab -o tiny
padwise bench -m tiny --repeats 1 --threads 1 --rows 2x7 --limit 40 >screen; echo "exit $?"
awk 'length > 80' screen
sed -E 's/[0-9][0-9.]*(e[+-][0-9]+)?/N/g; s/  +/ /g; s/^padwise.*level [a-zN]+,/padwise, CPU, level L,/; s/ none / N /' screen
padwise bench roofline --repeats 1 --threads 1 -o table; echo "exit $?"
grep -c "reading from" table
# More tokens than positions is the user's mistake; nothing stays behind.
padwise bench encode -m tiny --rows 1x78 --threads 1 --repeats 1 2>&1 >/dev/null; echo "exit $?"
ls tmp
