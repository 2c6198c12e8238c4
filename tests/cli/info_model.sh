# SPDX-License-Identifier: MIT
# info of a model: its sizes, its tokenizer, in JSON and for people; the diagram; the digest.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
padwise init -q tiny --seed 3 --tokenizer vocab -o model
padwise info --json model | json 'sorted(o)'
padwise info --json model | json '(o["kind"], o["layout"], o["recipe"], len(o["encoders"]), len(o["fingerprint"]), sorted(o["tokenizer"]))'
padwise info --json model | json 'sorted(o["encoders"][0])'
padwise info --json model | json '(o["lecture"]["V"] == o["encoders"][0]["vocab"], o["lecture"]["L_tok"])'
padwise info --json --digest model/model.safetensors | json 'o["digest"]' | cut -d' ' -f1 >digest
sha256sum model/model.safetensors | cut -d' ' -f1 | cmp - digest && echo "the digest is SHA-256"
padwise info --diagram model >screen
grep -c 'LayerNorm\|attention\|MLP\|embedding' screen
awk 'length > 80' screen
