# SPDX-License-Identifier: MIT
# -m: a folder, a file, a hub name of the cache, PADWISE_MODEL; never a download: the error has the line that fetches it.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
padwise init -q tiny --tokenizer vocab -o model
name() { json 'o["model"], o["builtin"]'; }
padwise encode --json -o x.npz -m model x | json 'o["builtin"]'
padwise encode --json -o x.npz -m model/model.safetensors x | json 'o["builtin"]'
PADWISE_MODEL=model padwise encode --json -o x.npz x | json 'o["builtin"]'
padwise encode --json -o x.npz x | json 'o["builtin"]'
repository=home/hub/models--someone--tiny-clip
mkdir -p $repository/refs $repository/snapshots/0123 && printf 0123 >$repository/refs/main
cp model/* $repository/snapshots/0123/
HF_HOME=$PWD/home padwise encode --json -o x.npz -m someone/tiny-clip x | json 'o["builtin"]'
HF_HUB_CACHE=$PWD/home/hub padwise encode --json -o x.npz -m someone/tiny-clip x | json 'o["builtin"]'
HF_HOME=$PWD/home try padwise encode -q -m someone/other x
try padwise encode -q -m model/nothing.safetensors x
mkdir -p pipe && echo '{}' >pipe/model_index.json
try padwise encode -q -m pipe x
cp -r model pipe/text_encoder
try padwise encode -q -m pipe x
padwise encode --json -o x.npz -m pipe -r raw x | json 'o["builtin"], o["recipe"]'
cp -r model pipe/text_encoder_2
try padwise encode -q -m pipe -r raw x
padwise info --json pipe | json '(o["layout"], o["kind"], len(o["encoders"]))'
