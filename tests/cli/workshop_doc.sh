# SPDX-License-Identifier: MIT
# Each command of docs/workshop.md prints what stands below it there, and its pictures are what they draw.
. "$PADWISE_CLI_TESTS/helpers.bash"
skip_without_pictures
enter_tensors
python3 "$PADWISE_CLI_TESTS/doc_commands.py" "$PADWISE_SOURCE/docs/workshop.md"
