# SPDX-License-Identifier: MIT
# The man page builds from the tables, without a mark left in it.
. "$PADWISE_CLI_TESTS/helpers.bash"
command -v scdoc >/dev/null || skip "scdoc is not installed"
python3 "$PADWISE_SOURCE/scripts/man_page.py" "$(command -v padwise)" scdoc "$PADWISE_SOURCE/docs/man/padwise.1.scd" page.1
grep -c '@' page.1
for section in NAME SYNOPSIS COMMANDS OPTIONS "EXIT STATUS" EXAMPLES; do grep -q "^.SH $section" page.1 || echo "no $section"; done
command -v man >/dev/null || exit 0
MANWIDTH=80 man --warnings -l page.1 2>&1 >/dev/null
