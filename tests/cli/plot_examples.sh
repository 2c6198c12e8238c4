# SPDX-License-Identifier: MIT
# The examples of plot's and report's help do what they say.
. "$PADWISE_CLI_TESTS/helpers.bash"
small_vocabulary DIR
padwise init -q tiny --tokenizer DIR -o model && cp model/* DIR
for name in beaver normal robin owl; do
    padwise encode -q -m DIR --only last_hidden_state -o $name.json "a $name"
done
padwise edit -q normal.json --n-real 15 --edit "pads: zero" -o zeroed_padding.json
padwise plot heat -q beaver.json -o try.svg 2>stderr.txt
if grep -q 'SVG, PNG and PDF' stderr.txt; then skip "this build draws no pictures"; fi
for command in plot report; do
    padwise help $command | sed '1,/^examples:/d' | while IFS= read -r line; do
        bash -c "$line" >stdout 2>stderr </dev/null
        echo "exit $?:$line"
        grep '^padwise: ' stderr
    done
done
true
