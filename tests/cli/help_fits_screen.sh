# SPDX-License-Identifier: MIT
# Every help is one screen of at most 80 columns and 40 lines, and ends with its examples.
for command in "" encode tokenize info compare edit sweep pads walkthrough plot attn lens kv flux-check diff padlen-scan cfg-delta \
    ablate pool-compare report audit init vocab tokenizer bench doctor completion help; do
    padwise help $command >screen 2>stderr || echo "help $command: exit $?"
    [ -s stderr ] && echo "help $command talks on stderr"
    awk -v c="$command" 'length > 80 { print "help " c ": " length " columns: " $0 }' screen
    lines=$(wc -l <screen)
    [ "$lines" -le 40 ] || echo "help $command: $lines lines"
    tail -n 1 screen | grep -Eq 'padwise (help|[a-z-]+)' || echo "help $command: no example at the end"
    grep -q '^examples:' screen || echo "help $command: no examples"
    [ -z "$command" ] && continue
    padwise $command --help >again && cmp -s screen again || echo "$command --help differs from help $command"
    padwise $command -h | cmp -s - screen || echo "$command -h differs from help $command"
done
[ "$(padwise help options | wc -l)" -le 40 ] || echo "help options does not fit"
padwise --help | cmp - <(padwise help) || echo "--help differs from help"
echo checked
