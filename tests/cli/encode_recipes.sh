# SPDX-License-Identifier: MIT
# -r and what -m is: a pipeline's folder, a bare encoder, split files; each names the tensors of the pipeline it is for.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
tower() { padwise init -q tiny --tokenizer vocab --seed "$1" -o "$2" && rm -f "$2"/*merges* "$2"/vocab.json "$2"/tokenizer*; }
index() { echo "{\"_class_name\":\"$2\",$3}" >"$1/model_index.json"; }
L='"text_encoder":["transformers","CLIPTextModel"]' G='"text_encoder_2":["transformers","CLIPTextModelWithProjection"]'
mkdir -p sd xl refiner
tower 1 sd/text_encoder && cp -r vocab sd/tokenizer && index sd StableDiffusionPipeline "$L"
tower 2 xl/text_encoder && tower 3 xl/text_encoder_2 && cp -r vocab xl/tokenizer && cp -r vocab xl/tokenizer_2
index xl StableDiffusionXLPipeline "$L,$G,\"force_zeros_for_empty_prompt\":true"
cp -r xl/text_encoder_2 xl/tokenizer_2 refiner
index refiner StableDiffusionXLImg2ImgPipeline "\"text_encoder\":[null,null],$G,\"force_zeros_for_empty_prompt\":false"
shapes='o["recipe"], [(t["name"], t["shape"]) for t in o["tensors"]]'
for folder in sd xl refiner; do
    padwise encode --json -m $folder -o $folder.safetensors "a beaver" | json "$shapes"
    padwise info --json $folder | json '(o["pipeline"], o["recipe"], o["lecture"]["d_ctx"])'
done
padwise encode --json -m xl --no-negative -o x.npz "a beaver" | json '[t["name"] for t in o["tensors"]]'
echo "-- the same encoders under other forms"
padwise encode -q -m sd/text_encoder -r sd15 -o x.safetensors "a beaver" && cmp x.safetensors sd.safetensors && echo "bare folder: same bytes"
padwise encode -q -m clip_l=xl/text_encoder -m clip_g=xl/text_encoder_2/model.safetensors -r sdxl --tokenizer vocab \
    -o x.safetensors "a beaver" && padwise compare x.safetensors xl.safetensors | tail -n 1
padwise encode -q -m clip_l=xl -m clip_g=xl -r sdxl -o x.safetensors "a beaver" && padwise compare x.safetensors xl.safetensors | tail -n 1
padwise encode -q -m xl -r sdxl-refiner -o x.safetensors "a beaver" && padwise compare x.safetensors refiner.safetensors >list
grep -c prompt_embeds list
PADWISE_MODEL=sd padwise encode --json -o x.npz "a beaver" | json 'o["recipe"]'
padwise encode --json -m sd -r raw -o x.npz "a beaver" | json 'o["recipe"]'
echo "-- what is missing"
try padwise encode -q -m refiner -r sdxl x
try padwise encode -q -m sd/text_encoder -r sdxl x
try padwise encode -q -m clip_g=xl/text_encoder_2 -r sdxl x
try padwise encode -q -m xl -m clip_h=sd/text_encoder x
try padwise encode -q -m xl --tokenizer clip_h=vocab x
try padwise encode -q -m clip_l=xl/text_encoder -m clip_g=xl/text_encoder_2 x
try padwise encode -q -m xl -r raw x
try padwise encode -q -m xl --activation gelu x
try padwise encode -q -m refiner --prompt-2 y -o x.safetensors x
try padwise encode -q -m xl --prompt-3 y -o x.safetensors x
try padwise encode -q -m xl --hidden-norm x
try padwise encode -q -m refiner -r cascade --flavour a1111 x
try padwise encode -q -m xl --clip-skip 99 -o x.npz x
mkdir -p other && cp -r sd/text_encoder other && index other BeaverPipeline "$L"
try padwise encode -q -m other x
echo '{"_class_name":7}' >other/model_index.json
try padwise encode -q -m other x
try padwise info other
rm -f try.stderr && ls *.safetensors
