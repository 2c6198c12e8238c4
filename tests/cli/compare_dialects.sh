# SPDX-License-Identifier: MIT
# One prompt in several dialects: where the weights differ, conditions, chunks; exit 1 when they differ.
. "$PADWISE_CLI_TESTS/helpers.bash"
prompt="a (cat:1.3) [dog], masterpiece"
try padwise compare -q --dialects a1111,comfyui "$prompt"
try padwise compare -q --dialects a1111,comfyui,lpw "a (cat:1.3) dog"
try padwise compare -q --dialects comfyui,a1111,compel "a [cat:dog:0.5] <lora:x:1> AND a very very long text (of:1.2) so many words++ that no screen holds :0.5"
try padwise compare -q --dialects a1111,compel '("a", "b").blend(1)'
try padwise compare -q --dialects a1111,compel "caf$(printf '\303\251'), $(printf '\345\244\234\346\231\257')+ and [$(printf '\360\237\230\200')]"
try padwise compare -q --dialects all "$prompt"
padwise compare -q --dialects all "$prompt (x:9:16) $(printf 'many words, %.0s' $(seq 40))" | awk 'length > 80'
padwise compare -q --dialects a1111,comfyui "$(python3 -c 'print("".join(f"(a{i}:1.5)[b+]" for i in range(2000)))')" | tail -n 2
padwise compare -q --dialects all "$(python3 -c 'print("(" * 10000 + "cat" + ")" * 10000)')" | awk 'length > 80 { n++ } END { print NR < 50, n + 0 }'
echo "== JSON"
padwise compare --json --dialects a1111,comfyui "$prompt" >out.json; echo "exit $?"
json 'sorted(o), o["equal"], [(d["dialect"], d["pairs"], len(d["chunks"]), "schedule" in d, "conjunction" in d) for d in o["dialects"]]' <out.json
padwise compare --json --dialects lecture,comfyui "a (cat:1.3)" | json 'o["equal"], [sorted(d) for d in o["dialects"]]'
padwise compare --json --dialects a1111,compel '("a", "b").blend(1)' | json 'o["equal"], o["dialects"][1]'
padwise compare --json --dialects all "a cat" | json 'len(o["dialects"]), o["equal"]'
echo "== refused"
try padwise compare --dialects a1111 x
try padwise compare --dialects a1111,nosuch x
try padwise compare --dialects a1111,a1111 x
try padwise compare --dialects a1111,comfyui
try padwise compare --dialects a1111,comfyui x y
try padwise compare --dialects a1111,comfyui --rtol 1 x
try padwise compare --steps 3 a b
