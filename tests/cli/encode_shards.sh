# SPDX-License-Identifier: MIT
# --shard-size: files of N prompts and an index that says where each is.
. "$PADWISE_CLI_TESTS/helpers.bash"
printf '{"prompt":"a %s","id":"%s"}\n' cat one dog two owl three >p.jsonl
echo '"no id"' >>p.jsonl
padwise encode -q --from p.jsonl -o out/ --shard-size 3
ls -A out
cat out/index.jsonl
padwise info --json out/*.safetensors | json '[t["shape"] for t in o["tensors"] if t["name"] == "input_ids"]'
try padwise encode -q --from p.jsonl -o file.safetensors --shard-size 3
