# SPDX-License-Identifier: MIT
# init: the same seed, the same bytes; the tokenizer's size is the table's; dtypes.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary vocab
padwise init tiny --seed 5 --tokenizer vocab -o "one model/"
padwise init -q tiny --seed 5 --tokenizer vocab -o two
padwise init -q tiny --seed 6 --tokenizer vocab -o three
cmp "one model/model.safetensors" two/model.safetensors && echo "same bytes"
cmp -s two/model.safetensors three/model.safetensors || echo "another seed, other bytes"
ls two
padwise init -q tiny --dtype f16 -o half
padwise info --json half two | json '(o["encoders"][0]["dtype"], o["encoders"][0]["vocab"] == o["tokenizer"]["n_vocab"] if o["tokenizer"] else None)'
padwise init --json tiny --seed 18446744073709551615 -o big | json 'o'
