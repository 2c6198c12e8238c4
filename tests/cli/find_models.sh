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
echo "# folders of encoders without model_index.json: one by name, or all by their recipe"
mkdir several && cp -r model several/text_encoder && cp -r model several/text_encoder_2
try padwise encode -q -o x.npz -m several x
padwise encode --json -o x.npz -m several/text_encoder x | json 'o["recipe"]'
padwise encode --json -o x.npz -m several -r sdxl x | json 'o["recipe"]'
padwise encode -q -o y.npz -m clip_l=several/text_encoder -m clip_g=several/text_encoder_2 -r sdxl x
padwise compare x.npz y.npz | tail -n 1
padwise encode -q -o y.npz -m clip_l=several -m clip_g=several -r sdxl x
padwise compare x.npz y.npz | tail -n 1
try padwise encode -q -o x.npz -m several -r cascade -n y x
mkdir pair && cp -r model pair/text_encoder
echo '{"_class_name": "StableDiffusionXLPipeline", "text_encoder": ["transformers", "CLIPTextModel"], "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"]}' >pair/model_index.json
cp -r model pair/text_encoder_2
try padwise encode -q -o x.npz -m pair -r raw x
padwise info --json pipe | json '(o["layout"], o["kind"], len(o["encoders"]))'
