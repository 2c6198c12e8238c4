# SPDX-License-Identifier: MIT
# Ctrl-C and SIGTERM during long work: exit 130, no half file, what is there is whole.
exec python3 "$PADWISE_CLI_TESTS/interrupt.py"
