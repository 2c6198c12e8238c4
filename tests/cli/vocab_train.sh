# SPDX-License-Identifier: MIT
# vocab train: the files of CLIP's form; the same text, the same merges; too many merges are refused.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary one
padwise vocab train --merges 20 -o two --from words.txt
cat words.txt | padwise vocab train -q --merges 20 -o three --from -
for file in merges.txt vocab.json tokenizer.json; do cmp one/$file two/$file; cmp one/$file three/$file; done
ls two
head -n 3 two/merges.txt | wc -l
padwise tokenize --json --tokenizer two "a beaver" | json '"".join(o["tokens"][1:-1])'
try padwise vocab train -q --merges 100000 -o four --from words.txt | tail -n 1
try padwise vocab train -q --merges 3 -o five --from nosuch.txt
