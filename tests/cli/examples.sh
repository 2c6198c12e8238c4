# SPDX-License-Identifier: MIT
# Every example of every help screen does what it says, with stand-ins for the files it names.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
padwise init -q tiny --tokenizer vocab -o DIR
cp DIR/model.safetensors .
mkdir -p ~/sdxl ~/.zfunc ~/.config/fish/completions hub/models--openai--clip-vit-large-patch14/snapshots
cp -r vocab ~/sdxl/tokenizer
cp -r DIR hub/models--openai--clip-vit-large-patch14/snapshots/1
export HF_HUB_CACHE=$PWD/hub
printf 'a beaver with blue teeth\nan otter in a river\nthe tree and the beaver\n' >captions.txt
cp words.txt more.txt
padwise encode -q -o out.safetensors "a beaver"
cp out.safetensors a.safetensors; cp a.safetensors b.safetensors; cp a.safetensors mine.safetensors
padwise encode -q -o reference.npz "a beaver"
padwise encode -q -o a.json "a beaver"; padwise encode -q -o b.json "an otter"
mkdir -p wheel/open_clip
printf '#version: 0.2\n' | cat - <(tail -n +2 vocab/merges.txt) | gzip >wheel/open_clip/bpe_simple_vocab_16e6.txt.gz
python3 -c '
import shutil
shutil.make_archive("w", "zip", "wheel")
shutil.move("w.zip", "open_clip_torch-2.32.0-py3-none-any.whl")'
for command in encode tokenize info compare pads edit sweep init vocab tokenizer doctor completion help; do
    padwise help $command | sed '1,/^examples:/d' | while IFS= read -r line; do
        # Less work where the size shows nothing new: the smallest kind, a handful of merges.
        line=$(echo "$line" | sed 's/init clip-l/init tiny/; s/--merges [0-9]*/--merges 9/; s/--tokenizer DIR/--tokenizer vocab/')
        bash -c "$line" >stdout 2>stderr </dev/null
        echo "exit $?:$line"
        grep '^padwise: ' stderr
    done
done
true
