# SPDX-License-Identifier: MIT
# A shard is the file that one call for its prompts writes, whatever the size of the others; the same command again keeps all.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
padwise init tiny -q --tokenizer vocab --seed 3 -o model/
for i in $(seq 23); do echo "a beaver with tree $i $((i * i))"; done >captions.txt
encode() { padwise encode -m model --only pooler_output,text_embeds "$@"; }
for size in 5 7 23 100; do
    encode -q --from captions.txt -o out$size/ --shard-size $size
    split -l $size -d -a 5 captions.txt part$size-
    for part in part$size-*; do
        encode -q --from $part -o alone.safetensors
        cmp alone.safetensors out$size/shard-${part#part$size-}.safetensors || echo "$part differs"
    done
    echo "$size: $(ls out$size | wc -l) files, $(wc -l <out$size/index.jsonl) rows, last $(tail -n 1 out$size/index.jsonl)"
done
# One file each is cut out of the same windows.
encode -q --from captions.txt -o each/
encode -q -o alone.safetensors "$(sed -n 12p captions.txt)" && cmp alone.safetensors each/00011.safetensors
ls each | wc -l
# Again: nothing is computed, nothing changes.
sha256sum out5/* >before
encode --from captions.txt -o out5/ --shard-size 5 2>&1 | sed 's/in [0-9.]* s (.*/in TIME/'
sha256sum --quiet -c before && echo "same bytes"
encode --json --from captions.txt -o out5/ --shard-size 5 2>/dev/null |
    json '(o["output"], o["row"], [(t["name"], t["dtype"], t["shape"]) for t in o["tensors"]])' | tail -n 1
# --length longest is each file's own longest.
padwise encode -q -m model --only last_hidden_state --length longest --from captions.txt -o longest/ --shard-size 10
tail -n 3 captions.txt >last.txt
padwise encode -q -m model --only last_hidden_state --length longest --from last.txt -o alone.safetensors
cmp alone.safetensors longest/shard-00002.safetensors && echo "longest: same bytes"
