# SPDX-License-Identifier: MIT
# A picture of each scan, as text; on the terminal with -; credits of files stand under it.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"prompt":"a beaver","author":"A. Person","license":"CC0","embedding":[[4,0],[0,1],[0,2],[0,3],[3,4],[4,0]],"shape":[6,2]}' >a.json
echo '{"prompt":"an otter","embedding":[[4,0],[0,1],[0,4],[0,3],[4,3],[4,0]],"shape":[6,2]}' >b.json
padwise diff -q --plot diff.txt "a beaver" >table && head -n 2 diff.txt
padwise padlen-scan -q --plot padlen.txt "a beaver" >table && head -n 2 padlen.txt
padwise cfg-delta -q --plot cfg.txt -n blurry "a beaver" >table && head -n 2 cfg.txt
padwise ablate -q --plot ablate.txt "a beaver with teeth" >table && head -n 1 ablate.txt
padwise pool-compare -q --plot pool.txt "a beaver" "an otter" >table && head -n 1 pool.txt
padwise compare -q --rows --plot rows.txt --n-real 4 a.json b.json >table; head -n 1 rows.txt; grep -o 'A. Person.*' rows.txt
python3 -c '
import sys
print([name for name in sys.argv[1:] for line in open(name) if len(line) > 81])' *.txt
padwise padlen-scan -q --plot - "a beaver" 4..9 | grep -A 2 '^Padded\|^a beaver$' | cut -c 1-60
