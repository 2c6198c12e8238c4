# SPDX-License-Identifier: MIT
# --plot of walkthrough: both masks side by side, hidden keys marked, the text as without it; refused before the work where it cannot be.
. "$PADWISE_CLI_TESTS/helpers.bash"
cat >tiny.json <<'END'
{"sentences": ["a b", "c"], "ids": [[1, 2], [3]], "pad_id": 0,
 "embeddings": [[[0, 0], [1, 1]], [[2, 0], [0, 2]]]}
END
padwise walkthrough -q --embeddings tiny.json --plot tiny.txt >listing.txt
padwise walkthrough -q --embeddings tiny.json | cmp - listing.txt && echo "the listing stays"
cat tiny.txt
padwise walkthrough -q --embeddings tiny.json --step 1 --plot - | tail -n +"$(($(padwise walkthrough --embeddings tiny.json --step 1 | wc -l) + 1))" | cmp - tiny.txt && echo "the same on the terminal"
padwise walkthrough --json --embeddings tiny.json --plot both.txt 2>/dev/null | json 'o["mask_shape"]' && cmp both.txt tiny.txt
padwise walkthrough --html --embeddings tiny.json -o page.html --plot both.txt 2>/dev/null && cmp both.txt tiny.txt && grep -c '<h2>' page.html
echo "== rows that see nothing see themselves; a model's tokens name the axes"
padwise walkthrough -q --embeddings tiny.json --padding-side left --step 1 --plot left.txt >listing.txt; grep -A 3 "sentence 1, causal" left.txt
padwise walkthrough -q --step 1 --plot model.txt "a beaver" "a" >listing.txt; grep -A 4 "sentence 1, padding" model.txt
padwise walkthrough --step 1 --plot many.txt a b c d e f 2>&1 >listing.txt; grep -c "^sentence" many.txt
echo "== refused"
try padwise walkthrough --plot p.gif --embeddings nosuch.json
try padwise walkthrough --json --plot - --embeddings tiny.json
try padwise walkthrough --plot nofolder/p.svg --embeddings nosuch.json
try padwise walkthrough --plot new.svg --embeddings nosuch.json
ls new.svg p.gif 2>/dev/null
padwise walkthrough --step 1 --plot p.svg --embeddings tiny.json >listing.txt 2>stderr.txt
if grep -q 'SVG, PNG and PDF' stderr.txt; then skip "this build draws no pictures"; fi
cat stderr.txt
grep -o "<title[^<]*" p.svg
padwise walkthrough -q --step 1 --plot p.png --width 300 --embeddings tiny.json >listing.txt && head -c 4 p.png | tail -c 3 && echo
padwise walkthrough -q --step 1 --plot p.PDF --embeddings tiny.json >listing.txt && head -c 4 p.PDF && echo
