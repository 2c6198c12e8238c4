# SPDX-License-Identifier: MIT
# ablate: each word in turn; rows before it are equal in every bit, rows behind it are compared with themselves.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise ablate -q --each "a beaver with blue teeth" >table; awk 'length > 80' table
awk '{ print $1, $2, $7, $8, $9 }' table | sed -n 2,7p
sed -n '/^row /,/^$/p' table | awk 'NR > 1 && NF { for (i = 3; i <= NF; i++) $i = $i == "=" || $i == "-" ? $i : "#"; print }'
echo "# what is left is a prompt of its own: the same numbers"
padwise ablate --json "a beaver  with blue teeth" >out.json
json '[(w["word"], w["begin"], w["end"], w["rest"], w["n_tokens"]) for w in o["words"]]' <out.json
json '[(w["before"]["n"], w["before"]["n_bitwise"], [r["position"] for r in w["rows"]]) for w in o["words"]]' <out.json
padwise encode -q -o full.safetensors "a beaver  with blue teeth"; padwise encode -q -o rest.safetensors "a with blue teeth"
padwise compare --json full.safetensors rest.safetensors >compared.json
python3 -c '
import json
word = json.loads(open("out.json").read())["words"][1]
pooled = [t for t in json.loads(open("compared.json").read())["tensors"] if t["name"] == "pooler_output"][0]
print(abs(word["pooled"]["cosine"] - pooled["cos_min"]) < 1e-12)'
echo "# a word twice, a word of several tokens, one word, many prompts"
padwise ablate --json "a a beaver" | json '[(w["word"], w["before"]["n"], [r["position"] for r in w["rows"]]) for w in o["words"]]'
padwise ablate --json "otter-like beaver!" | json '[(w["word"], w["n_tokens"]) for w in o["words"]]'
padwise ablate --json beaver | json '[(w["rest"], w["n_tokens"]) for w in o["words"]], o["conclusion"].split(". ")[-1]'
printf 'a beaver\nan otter in a river\n' >prompts.txt
padwise ablate --json --from prompts.txt | json 'o["prompt"], len(o["words"])'
padwise ablate --json --mask none "a beaver" | json 'o["mask"], o["conclusion"].split(". ")[-2]'
