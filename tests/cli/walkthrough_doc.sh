# SPDX-License-Identifier: MIT
# Each command of docs/walkthrough.md prints what stands below it there, and its picture is what it draws.
. "$PADWISE_CLI_TESTS/helpers.bash"
[ -f "$PADWISE_SHARED/data/walkthrough/expected.json" ] || skip "the walkthrough's numbers are not under PADWISE_SHARED"
skip_without_pictures
ln -s "$(realpath "$PADWISE_SHARED")" shared
mkdir tree
cd tree
export W=../shared/data/walkthrough/embeddings.json
python3 "$PADWISE_CLI_TESTS/doc_commands.py" "$PADWISE_SOURCE/docs/walkthrough.md"
