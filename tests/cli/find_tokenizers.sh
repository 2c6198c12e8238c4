# SPDX-License-Identifier: MIT
# The order of the search (cli.md section 2): each place is found, and comes before those after it.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
padwise init -q tiny --tokenizer vocab -o model
mkdir -p tree/models/clip && cp model/model.safetensors tree/models/clip/split.safetensors
file=tree/models/clip/split.safetensors
place() {
    padwise encode -o x.safetensors -m "$file" x 2>&1 | sed -n 's/^tokenizer: .* (\(.*\))$/\1/p; s/^padwise: .*: no tokenizer.*/not found/p'
}
place
site=venv/lib/python3.11/site-packages/open_clip
mkdir -p $site && cp vocab/merges.txt $site/ && VIRTUAL_ENV=$PWD/venv place
mkdir -p tree/comfy && cp -r vocab tree/comfy/sd1_tokenizer && VIRTUAL_ENV=$PWD/venv place
snapshot=cache/hub/models--openai--clip-vit-large-patch14/snapshots/abc
mkdir -p $snapshot cache/hub/models--openai--clip-vit-large-patch14/refs
printf abc >cache/hub/models--openai--clip-vit-large-patch14/refs/main
cp vocab/* $snapshot/
export HF_HOME=$PWD/cache
place
padwise tokenizer add -q vocab small
place
mkdir -p shelf/other && cp vocab/* shelf/other/
export PADWISE_TOKENIZERS=/nowhere:$PWD/shelf
place
cp vocab/merges.txt vocab/vocab.json tree/models/clip/
place
padwise encode -o y.safetensors -m "$file" --tokenizer vocab x 2>&1 | grep -c '^tokenizer:'
# A folder of diffusers: text_encoder_2 has its tokenizer in tokenizer_2.
mkdir -p pipe/text_encoder_2 pipe/tokenizer_2
cp model/config.json model/model.safetensors pipe/text_encoder_2/ && cp vocab/* pipe/tokenizer_2/
padwise encode -o z.safetensors -m pipe/text_encoder_2 x 2>&1 | sed -n 's/^tokenizer: .*\(tokenizer_2.*\)/\1/p'
