# SPDX-License-Identifier: MIT
# OpenAI's vocabulary, in each form it comes in, by each way to name it.
. "$PADWISE_CLI_TESTS/helpers.bash"
clip=$PADWISE_SHARED/data/tokenizers/clip
[ -f "$clip/merges.txt" ] || skip "CLIP's vocabulary is not under PADWISE_SHARED"
for path in "$clip" "$clip/tokenizer.json" "$clip/merges.txt" "$clip/bpe_simple_vocab_16e6.txt.gz"; do
    padwise tokenize --json --tokenizer "$path" "a beaver with blue teeth" | json 'o["ids"], o["n_tokens"]'
done
padwise tokenize -q --tokenizer "$clip" --length 10 "a beaver with blue teeth"
padwise tokenize --json --tokenizer "$clip" --tokenizer-mode openai "!" | json 'o["mode"], o["ids"]'
padwise tokenize --json --tokenizer "$clip" --length model "$(printf 'beaver %.0s' $(seq 100))" 2>/dev/null |
    json 'len(o["ids"]), o["n_tokens"], o["n_cut"], o["ids"][-1]'
