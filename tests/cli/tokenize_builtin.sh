# SPDX-License-Identifier: MIT
# The table and the JSON of tokenize: offsets are bytes of the prompt, null for added tokens; pads share a row.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise tokenize -q --length 12 "a beaver"
padwise tokenize --json "a beaver" | json 'sorted(o)'
padwise tokenize --json --length 9 "a beaver" | json 'len(o["ids"]) == len(o["mask"]) == len(o["tokens"]) == len(o["offsets"]) == 9, o["n_tokens"], sum(o["mask"]), o["offsets"][0], o["offsets"][-1]'
padwise tokenize --json "caf$(printf '\303\251') beaver" | json 'b"".join(o["prompt"].encode()[x[0]:x[1]] for x in o["offsets"] if x).decode()'
padwise tokenize --json --length longest "a beaver with blue teeth" "a" | json 'len(o["ids"]), o["n_tokens"] <= len(o["ids"])'  | uniq | wc -l
padwise tokenize -q --json -o tokens.jsonl a b && json 'o["prompt"]' <tokens.jsonl
padwise tokenize --json --mask lecture --length 9 "a" | json '(o["mask"][0], o["mask"][2])'
