# SPDX-License-Identifier: MIT
# The published CLIP-L tensors by command: the figures of docs/pads.md, the line with author and licence under each table.
. "$PADWISE_CLI_TESTS/helpers.bash"
tensors=$PADWISE_SHARED/data/clip-l-tensors
clip=$PADWISE_SHARED/data/tokenizers/clip
[ -f "$tensors/a_mute_swan.json" ] && [ -f "$clip/merges.txt" ] || skip "the tensors or CLIP's vocabulary are not under PADWISE_SHARED"
cp "$tensors"/*.json .
padwise pads stats --tokenizer "$clip" --positions 0,16,30,40,50,60,72,74,76 --against short_prompts_max.json a_*.json |
    sed '1,/^across/d'
padwise pads regime --tokenizer "$clip" ./*.json
padwise pads svd --tokenizer "$clip" --positions 18..72 ./*.json | tail -n 7
padwise pads signature --tokenizer "$clip" ./*.json
padwise pads probe --tokenizer "$clip" --labels bird,bird,bird,bird,other ./*.json | head -n 9
padwise pads stats --json --tokenizer "$clip" ./*.json | json 'o.get("n_real"), o.get("credit"), o.get("conclusion")'
for measure in stats regime svd probe signature; do
    padwise pads $measure --tokenizer "$clip" ./*.json >out.txt
    tail -n 2 out.txt | grep -c 'CC BY 4.0'
    padwise pads $measure --tokenizer "$clip" --credit "somebody, CC0" ./*.json | tail -n 1
    awk -v m=$measure 'length > 80 { print m ": " $0 }' out.txt
done
python3 - <<'END'
import json
o = json.load(open('a_mute_swan.json'))
o.update(manipulation='Scale', scale_factor=0.5)
json.dump(o, open('scaled.json', 'w'))
o = {k: v for k, v in o.items() if k in ('prompt', 'embedding', 'shape')}
json.dump(dict(o, author='A. Author', license='CC0'), open('own.json', 'w'))
json.dump(o, open('plain.json', 'w'))
json.dump(dict(o, prompt=o['prompt'] + ' (padding uniform +0.1)', prompt_set='x'), open('suffix.json', 'w'))
END
for file in scaled own plain suffix; do padwise pads svd --n-real 13 $file.json | tail -n 1; done
