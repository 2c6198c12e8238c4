# SPDX-License-Identifier: MIT
# kill -9 at many moments, then the same command again: the folder of a run that nobody disturbed.
exec python3 "$PADWISE_CLI_TESTS/bulk_resume.py"
