# SPDX-License-Identifier: MIT
# Each command of docs/claims.md prints what stands below it there.
. "$PADWISE_CLI_TESTS/helpers.bash"
enter_tensors
python3 "$PADWISE_CLI_TESTS/doc_commands.py" "$PADWISE_SOURCE/docs/claims.md"
