# SPDX-License-Identifier: MIT
# A folder that is of another run is refused by the first difference, and stays as it was.
. "$PADWISE_CLI_TESTS/helpers.bash"
printf 'a cat\na dog\na bird\n' >captions.txt
printf 'a cat\na fox\na bird\n' >other.txt
small=(--only pooler_output --length 8 --cpu ref)
padwise encode -q "${small[@]}" --from captions.txt -o out/ --shard-size 2
sha256sum out/* >before
refused() { try padwise encode -q --shard-size 2 -o out/ "$@"; }
refused "${small[@]}" --from other.txt
refused --only pooler_output --length 9 --cpu ref --from captions.txt
refused --only pooler_output --length 8 --cpu ref --mask none --from captions.txt
refused "${small[@]}" --dtype f16 --from captions.txt
refused --only text_embeds --length 8 --cpu ref --from captions.txt
refused "${small[@]}" --from captions.txt --shard-size 3
head -n 2 captions.txt >short.txt
refused "${small[@]}" --from short.txt
sha256sum --quiet -c before && echo "nothing changed"
refused "${small[@]}" --from other.txt --force
padwise info --json out/shard-00000.safetensors | json '[p["prompt"] for p in o["manifest"]["prompts"]]' 2>/dev/null
echo "not ours" >out/shard-00001.safetensors
refused "${small[@]}" --from other.txt | sed 's/this run: .*; name/this run: REASON; name/'
refused "${small[@]}" --from short.txt --force
ls out
try padwise encode -q --force -o out/ x
try padwise encode -q "${small[@]}" --from captions.txt -o huge/ --shard-size 2147483647 && ls huge
