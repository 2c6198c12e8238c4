# SPDX-License-Identifier: MIT
# A reader that has seen enough: a listing ends quietly with 0; data that was not taken is an error.
seq 20000 | sed 's/^/a beaver /' >many.txt
padwise tokenize -q --json --from many.txt 2>stderr | head -n 1 | grep -c '"prompt":"a beaver 1"'
echo "tokenize: exit ${PIPESTATUS[0]}, $(wc -c <stderr) bytes on stderr"
padwise help encode 2>stderr | true
echo "help: exit ${PIPESTATUS[0]}, $(wc -c <stderr) bytes on stderr"
printf 'a beaver %s\n' $(seq 300) >few.txt
padwise encode -q -o - --from few.txt 2>stderr | true
echo "encode -o -: exit ${PIPESTATUS[0]}, $(grep -c 'Broken pipe' stderr) error"
