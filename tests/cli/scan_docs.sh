# SPDX-License-Identifier: MIT
# docs/scans.md: every command in it prints what the page says.
. "$PADWISE_CLI_TESTS/helpers.bash"
export PADWISE_CPU=ref
python3 "$PADWISE_CLI_TESTS/doc_commands.py" "$PADWISE_SOURCE/docs/scans.md"
