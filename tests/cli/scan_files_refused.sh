# SPDX-License-Identifier: MIT
# Commands that encode a prompt do not take the name of a file for one; a folder's name and lines of --from are prompts.
. "$PADWISE_CLI_TESTS/helpers.bash"
echo '{"embedding":[[1,0],[0,1],[1,1],[1,2]],"shape":[4,2]}' >a.json
mkdir otter
for command in diff padlen-scan ablate attn lens; do
    try padwise $command -q a.json
    try padwise $command -q nosuch.safetensors
    padwise $command -q otter >/dev/null; echo "exit $?"
done
echo a.json >prompts.txt
padwise diff -q --from prompts.txt | head -n 1
