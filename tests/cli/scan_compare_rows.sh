# SPDX-License-Identifier: MIT
# compare --rows: files and prompts row by row, the first row that differs, --rtol, the exit status.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"prompt":"a beaver","embedding":[[4,0],[0,1],[0,2],[0,3],[3,4],[4,0]],"shape":[6,2]}' >a.json
echo '{"prompt":"an otter","embedding":[[4,0],[0,1],[0,4],[0,3],[4,3],[4,0]],"shape":[6,2]}' >b.json
echo '{"prompt":"a beaver","embedding":[[4,0],[0,1],[0,2],[0,3]],"shape":[4,2]}' >short.json
try padwise compare --rows --n-real 4 a.json b.json
try padwise compare --rows a.json a.json
try padwise compare --rows --json --rtol 0.3 --n-real 4 a.json b.json >out; head -n 1 out | json 'o["equal"], o["rel_l2"], o["all"]["first_row"], o["rows"][2]'; tail -n 1 out
try padwise compare --rows --json --rtol 0.2 --n-real 4 a.json b.json >out; tail -n 1 out
echo "# of different lengths: the rows that both have, and never equal"
try padwise compare --rows --json a.json short.json >out; head -n 1 out | json 'o["n_rows_a"], o["n_rows_b"], len(o["rows"]), o["equal"], o["conclusion"]'; tail -n 1 out
echo "# a prompt and a file that was made of it are equal in every bit"
padwise encode -q -o a.safetensors "a beaver"
padwise compare -q --rows "a beaver" a.safetensors | tail -n 3; echo "exit ${PIPESTATUS[0]}"
padwise compare -q --cpu ref --rows "a beaver" "a beaver with teeth" | tail -n 4; echo "exit ${PIPESTATUS[0]}"
echo "# several are held against the last; roles unknown: rows that differ have the least cosine, equal ones have none"
echo '{"embedding":[[4,0],[0,1],[0,0],[0,3],[3,4],[4,0]],"shape":[6,2]}' >zero.json
try padwise compare --rows zero.json a.json | grep -A 1 unknown,
try padwise compare --rows --n-real 4 a.json b.json zero.json a.json
padwise compare --rows --json --n-real 4 b.json zero.json a.json | json 'o["a"], o["b"], o["equal"], o["all"]["n_bitwise"], round(o["rel_l2"], 4)'
