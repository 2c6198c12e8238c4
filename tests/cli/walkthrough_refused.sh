# SPDX-License-Identifier: MIT
# Input that cannot be walked through: one sentence that says why, exit 1; lines that make no sense: exit 2.
. "$PADWISE_CLI_TESTS/helpers.bash"
refuse() {
    printf '%s' "$1" >bad.json
    try padwise walkthrough --embeddings bad.json
}
refuse ''
refuse '{"ids":[[1,2],[3]]}'
refuse '{"ids":[[1,2],[3]],"embeddings":[[[1],[2]],[[3]]]}'
refuse '{"ids":[[1,2],[3]],"embeddings":[[[1],[2]]]}'
refuse '{"ids":[[1,2],[3]],"embeddings":[[[1],[NaN]],[[3],[4]]]}'
refuse '{"ids":[[1,2],[3]],"embeddings":[[[1],[1e200]],[[3],[4]]]}'
refuse '{"ids":[[1,2,3],[3]],"embeddings":[[[1],[2]],[[3],[4]]]}'
refuse '{"ids":[[]],"embeddings":[[[1],[2]]],"sentences":["a","b"]}'
python3 -c 'print("{\"ids\":[" + ",".join(["[1]"] * 10000) + "],\"embeddings\":[" + ",".join(["[[1]]"] * 10000) + "]}")' >many.json
try padwise walkthrough --embeddings many.json
python3 -c 'print("\n".join(["a"] * 10000))' >many.txt
try padwise walkthrough --from many.txt
try padwise walkthrough --json --embeddings nosuch.json
echo "== usage"
try padwise walkthrough --json --html a
try padwise walkthrough --length none a
try padwise walkthrough --length 100000 a
try padwise walkthrough --padding-side up a
printf '{"ids":[[1]],"embeddings":[[[1]]]}' >one.json
try padwise walkthrough --embeddings one.json "a" "b"
try padwise walkthrough --embeddings one.json -m nosuch
echo "== one token, one sentence"
padwise walkthrough --json --embeddings one.json | json 'o["weights"], o["row_sums"], o["mask_shape"]'
padwise walkthrough --embeddings one.json "word" | grep -A2 "^query"
