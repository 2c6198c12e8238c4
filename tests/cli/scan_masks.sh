# SPDX-License-Identifier: MIT
# diff and padlen-scan: what is equal in every bit, by the rows' own words; 80 columns; the picture's name is checked first.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise diff -q "a beaver with blue teeth" >table; awk 'length > 80' table; head -n 2 table
awk '$2 == "bos" || $2 == "word" || $2 == "eos"' table | head -n 6
grep -c ' pad ' table
echo "# by role; the lecture's mask hides EOS where pads are EOS, so its row changes"
padwise diff --json "a beaver with blue teeth" "" >out.json
head -n 2 out.json | json '[(p["a"], p["b"], p["real"]["n"], p["real"]["n_bitwise"], p["real"]["first_row"], p["pads"]["n"], p["pads"]["n_bitwise"], p["pads"]["first_row"]) for p in o["pairs"]]'
head -n 1 out.json | json 'sorted(o), [(r["position"], r["role"], r["bitwise"]) for r in o["pairs"][0]["rows"]][5:8]'
tail -n 1 out.json | json 'o["n"], o["conclusion"].split(";")[0], o["conclusion"].split(". ")[-1]'
echo "# with another pad id it hides pads alone, as hf does"
padwise diff -q --mask hf,lecture --pad-id 5 "a beaver" | tail -n 3
padwise diff --json --pad-id 5 --length 20 "a beaver" | head -n 1 |
    json '[(p["a"], p["b"], p["real"]["n_bitwise"], p["pads"]["n_bitwise"]) for p in o["pairs"]], o["n_rows"]'
echo "# in a batch a prompt has the numbers that it has alone"
padwise diff --json "an otter" | head -n 1 >alone.json
padwise diff --json --threads 1 "a beaver" "an otter" | sed -n 2p | cmp - alone.json && echo same
padwise encode -q --mask none -o none.safetensors "an otter"; padwise encode -q --mask hf -o hf.safetensors "an otter"
padwise compare --rows --json none.safetensors hf.safetensors >rows.json
python3 -c '
import json
a = json.loads(open("alone.json").read())["pairs"][0]["rows"]
print(a == json.loads(open("rows.json").read())["rows"])'
echo "# lengths"
padwise padlen-scan -q "a beaver with blue teeth"
padwise padlen-scan --json --mask none "a beaver" 10..14 >out.json
json 'sorted(o), o["n_real"], o["mask"], o["reference"]' <out.json
json '[(l["length"], l["n_pads"], l["real"]["n_bitwise"], l["pads"]["n_bitwise"], l["pooled_bitwise"]) for l in o["lengths"]]' <out.json
json 'o["conclusion"]' <out.json
padwise padlen-scan --json "" 2..3 | json 'o["conclusion"]'
