# SPDX-License-Identifier: MIT
# compare: equal, different, missing, another shape; --rtol; the table and the JSON.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode -q --only last_hidden_state,pooler_output -o a.safetensors "a beaver"
padwise encode -q --only last_hidden_state,pooler_output -o b.safetensors "an otter"
padwise encode -q --only last_hidden_state -o c.safetensors "a beaver"
padwise encode -q --only last_hidden_state --length 20 -o d.safetensors "a beaver"
padwise encode -q --only last_hidden_state,pooler_output --dtype bf16 -o e.safetensors "a beaver"
padwise compare a.safetensors a.safetensors; echo "exit $?"
show='(o["equal"], [(t["name"], t["bitwise"], t.get("missing"), t["first_row"]) for t in o["tensors"]])'
for pair in "a b" "a c" "c a" "c d" "a e"; do
    set -- $pair
    padwise compare --json $1.safetensors $2.safetensors >out.json; echo "$pair: exit $?"
    json "$show" <out.json
done
padwise compare --rtol 0.01 a.safetensors e.safetensors | tail -n 1
padwise compare --rtol 1e-9 a.safetensors e.safetensors | tail -n 1
padwise compare --rtol 1e9 c.safetensors d.safetensors | tail -n 1
try padwise compare a.safetensors nosuch.safetensors
padwise compare -o report.txt a.safetensors b.safetensors; echo "exit $?, $(wc -l <report.txt) lines"
padwise compare a.safetensors b.safetensors | awk 'length > 80'
