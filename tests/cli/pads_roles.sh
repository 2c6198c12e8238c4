# SPDX-License-Identifier: MIT
# Where pads start, in the order of the contract: --n-real, the file's field, its manifest, its mask, its prompt; else it is
# unknown, and that is said.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
show='o["n_real"], o["roles_from"], [r["role"] for r in o["rows"]][:6]'
rows='[[1,2],[3,4],[5,6],[7,8],[9,1],[2,3],[4,5],[6,7],[8,9],[1,3]]'
stats() { padwise pads stats -q --json "$@" 2>&1 | grep '"rows"' | json "$show"; }
echo "{\"prompt\":\"a beaver (zeroed padding)\",\"embedding\":$rows,\"shape\":[10,2]}" >prompt.json
echo "{\"prompt\":\"a beaver\",\"n_real\":5,\"embedding\":$rows,\"shape\":[10,2]}" >field.json
padwise encode -q -o manifest.safetensors "a beaver" "a beaver with blue teeth"
padwise encode -q --format npz -o mask.npz "a beaver"
python3 - <<'END'
import zipfile
source = zipfile.ZipFile('mask.npz')
with zipfile.ZipFile('bare.npz', 'w') as out:
    for name in source.namelist():
        if name in ('last_hidden_state.npy', 'attention_mask.npy'):
            out.writestr(name, source.read(name))
END
stats --n-real 3 field.json
stats field.json
stats manifest.safetensors
stats bare.npz
stats --tokenizer vocab prompt.json
padwise tokenize -q --json --tokenizer vocab "a beaver" | json 'o["n_tokens"]'
echo "{\"prompt\":\"b (pad)\",\"embedding\":$rows,\"shape\":[10,2]}" >plain.json
stats --tokenizer vocab plain.json
stats prompt.json
stats --n-real 3,4 prompt.json field.json
padwise pads stats prompt.json | sed -n 3p
# Prompts go through the encoder; their manifest says where pads start. A chunk more has pads of its own.
stats "a beaver" "an otter"
long=$(printf 'a beaver with blue teeth, %.0s' $(seq 20))
stats --dialect a1111 "$long" | cut -d, -f1-2
stats --from <(printf 'a beaver\nan otter in a river\n')
