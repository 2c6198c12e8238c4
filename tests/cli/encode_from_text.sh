# SPDX-License-Identifier: MIT
# A line a prompt: LF or CRLF, a blank line is the empty prompt, a last line without an end, a byte order mark is no text.
. "$PADWISE_CLI_TESTS/helpers.bash"
printf '\xef\xbb\xbfa cat\r\na dog\n\nlast' >captions.txt
padwise encode --json --from captions.txt -o out/ | json '(o["prompt"], o["output"], o["row"])'
cat captions.txt | padwise tokenize --json --from - | json 'o["prompt"]'
printf 'from a pipe\n' | padwise tokenize --json - | json 'o["prompt"]'
ls out
: >empty.txt
try padwise encode -q --from empty.txt -o none/
try padwise encode -q --from missing.txt -o none/
