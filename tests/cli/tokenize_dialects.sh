# SPDX-License-Identifier: MIT
# Prompts in a dialect: weights, chunks and bytes of each token, conditions, warnings; the fields of the JSON.
. "$PADWISE_CLI_TESTS/helpers.bash"
for dialect in a1111 comfyui compel lecture adv:mean+comfy; do
    echo "== $dialect"
    try padwise tokenize -q --dialect $dialect --length 16 "a (cat:1.3) [dog], sky++"
done
echo "== flavours bring their dialects"
for flavour in diffusers a1111 comfyui; do
    padwise tokenize --flavour $flavour --json "[cat]" 2>/dev/null | json 'o.get("dialect"), o["mode"], o.get("pairs")'
done
echo "== several conditions, several chunks"
padwise tokenize -q --dialect a1111 --steps 6 --length 12 "a [cat|dog] BREAK sky"
padwise tokenize -q --dialect a1111 --length 8 "a cat AND a dog:0.5" 2>/dev/null
echo "== JSON"
common='sorted(set(o) - {"prompt", "tokenizer", "mode", "ids", "mask", "tokens", "offsets", "n_tokens", "n_cut"})'
for dialect in plain lecture comfyui a1111; do
    padwise tokenize --json --dialect $dialect "a (cat:1.3)" 2>/dev/null | json "$common"
done
padwise tokenize --json --dialect a1111 "a (cat:1.3) [dog] ((sky))" | json 'o["pairs"]'
padwise tokenize --json --dialect a1111 "a (cat:1.3) [dog]" |
    json 'len(o["chunks"]), [len(o["chunks"][0][k]) for k in ("ids", "weights", "mask")], o["chunks"][0]["weights"][:5], sum(o["chunks"][0]["mask"]), o["n_tokens"], o["ids"] == o["chunks"][0]["ids"]'
padwise tokenize --json --dialect a1111 --steps 10 "a [cat:dog:0.5] AND (sky):0.25 <lora:x:0.8>" 2>/dev/null |
    json 'o["schedule"], o["conjunction"], o["networks"], [c["pairs"] for c in o["conditions"]]'
padwise tokenize --json --dialect compel '("a cat+", "a dog").and(1, 0.5)' | json 'o["conjunction"], o["pairs"], "schedule" in o'
padwise tokenize --json --dialect comfyui "caf$(printf '\303\251') (beaver:1.5)" |
    json 'b"".join(o["prompt"].encode()[x[0]:x[1]] for x in o["offsets"] if x).decode(), set(o["chunks"][0]["weights"])'
padwise tokenize --json --dialect a1111 --mask none "a" | json 'sum(o["mask"]), sum(o["chunks"][0]["mask"])'
padwise tokenize --json --dialect a1111 --emphasis none "(a)" | json 'o["pairs"]'
padwise tokenize --json --dialect lecture --length 6 "a b c d e f" 2>&1 | tail -n 1 | json 'o["n_cut"], len(o["ids"])'
echo "== warnings name the dialect that was meant"
try padwise tokenize -q -o table --dialect a1111 "a photo, 16:9"
try padwise tokenize -q -o table --dialect compel "a (cat:1.2)"
try padwise tokenize -q -o table --dialect comfyui "a [cat]"
try padwise tokenize -q -o table --dialect plain "a (cat:1.2)"
try padwise tokenize -q -o table --json --dialect comfyui "a [cat]"
echo "== refused"
try padwise tokenize --dialect nosuch x
try padwise tokenize --dialect a1111 --length none x
try padwise tokenize --dialect a1111 --length longest x
try padwise tokenize --steps 2000 x
try padwise tokenize --backtrack 75 x
try padwise tokenize --emphasis loud x
try padwise tokenize -q --dialect compel '("a", "b").blend(1)'
padwise tokenize -q --dialect a1111 "a (long:1.2) text $(printf 'of many words, %.0s' $(seq 40))" | awk 'length > 80'
