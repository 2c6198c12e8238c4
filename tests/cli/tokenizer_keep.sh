# SPDX-License-Identifier: MIT
# tokenizer add keeps a copy under a name; list shows it, and says of a bad one what is wrong.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary "my vocabulary"
padwise tokenizer add "my vocabulary"
padwise tokenizer add "my vocabulary"
padwise tokenizer add "my vocabulary/merges.txt" other
ls "$HOME/.local/share/padwise/tokenizers"
ls "$HOME/.local/share/padwise/tokenizers/other"
padwise tokenizer list --json | json '(o["path"].split("/")[-1], o["kind"], o["n_vocab"], o["place"])' | grep "tokenizer add"
padwise tokenizer list | awk 'length > 80' | wc -l
export XDG_DATA_HOME=$PWD/data
padwise tokenizer add --json "my vocabulary" third | json '(o["path"], o["n_vocab"])'
try padwise tokenizer add nosuch
try padwise tokenizer add "my vocabulary" a/b
try padwise tokenizer add words.txt | tail -n 1
