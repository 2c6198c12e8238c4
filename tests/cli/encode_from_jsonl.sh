# SPDX-License-Identifier: MIT
# JSON Lines: strings and objects; the id names the file; what cannot be a file name, or comes twice, is refused.
. "$PADWISE_CLI_TESTS/helpers.bash"
cat >p.jsonl <<'END'
"a \u00e9t\u00e9 \ud83e\uddab"
{"prompt": "a beaver", "id": "castor 1", "negative": "blurry", "seen": [1, {"by": "]"}, null]}

{"prompt": "an otter", "id": 12, "prompt_2": null}
END
padwise encode --json -n "bad" --from p.jsonl -o out/ | json '(o["prompt"], o["negative"], o.get("id"), o["output"])'
for line in '{"prompt":"x","id":"a/b"}' '{"prompt":"x","id":".."}' '{"prompt":"x","id":""}' '{"prompt":"x","id":"a\nb"}'; do
    echo "$line" | try padwise encode -q --jsonl --from - -o bad/
done
printf '{"prompt":"x","id":"a"}\n{"prompt":"y","id":"a"}\n' | try padwise encode -q --jsonl --from - -o twice/
for line in '{"prompt":3}' '{"negative":"x"}' '["x"]' '"x' '"\ud800"' '{"prompt":"x","prompt":"y"}' '"x" y' '{"prompt":"x",}' \
    '{"prompt":"x","id":1.5}' '{"prompt":"x","z":[1}'; do
    echo "$line" | try padwise tokenize --jsonl --from -
done
ls bad twice
