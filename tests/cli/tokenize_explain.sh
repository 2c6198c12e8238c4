# SPDX-License-Identifier: MIT
# The parse as a tree: it fits the screen, it ends, and no text of strangers moves the cursor.
. "$PADWISE_CLI_TESTS/helpers.bash"
explain() {
    echo "== $2"
    padwise tokenize -q --explain --length 12 "$@" 2>/dev/null | sed '/^position\|^chunk\|^condition/,$d'
}
explain --dialect a1111 "a (cat:1.3) [dog], masterpiece"
explain --dialect a1111 --steps 4 "a [cat:dog:0.5] in ((the sun)) <lora:x:1> AND a very long [painting|photograph] of all there ever was in the wide world BREAK mist :0.5"
explain --dialect compel '("a cat+ sat", "a dog.swap(wolf)").and(1, 0.5)'
explain --dialect compel '("a cat", "a dog").blend(1, 0.5)'
explain --dialect comfyui "a \\(cat\\) ((x)y:1.5)"
explain --dialect plain "a (cat:1.3)"
explain --dialect a1111 "$(printf '\345\244\234\346\231\257 (\360\237\230\200:1.2) \033[31m \342\200\256')"
padwise tokenize -q --explain "a (cat:1.3)"
echo "== bounded"
many=$(python3 -c 'print("".join(f"(a{i}:1.5)[b]" for i in range(5000)))')
explain --dialect a1111 "$many" | tail -n 2
deep=$(python3 -c 'print("(" * 10000 + "cat" + ")" * 10000)')
for dialect in a1111 comfyui compel lecture sd-embed adv:length+mean+comfy++; do
    padwise tokenize -q --explain --dialect $dialect "$deep" >tree 2>stderr
    echo "$dialect: exit $?, $(wc -l <tree) lines, $(awk 'length > 80' tree stderr | wc -l) too long"
done
