# SPDX-License-Identifier: MIT
# What is no tensor file is refused with a reason, one bad file does not hide the others, foreign formats get their line.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode -q --only pooler_output -o good.safetensors x
head -c 100 good.safetensors >short.safetensors
echo '<!DOCTYPE html><html></html>' >page.safetensors
printf 'GGUF\003\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >m.gguf
: >empty.safetensors
for file in short.safetensors page.safetensors m.gguf empty.safetensors nosuch .; do
    padwise info --json "$file" 2>&1 | json '(o["error"]["status"], o["error"]["where"], len(o["error"]["message"]) > 10)'
done
padwise info nosuch good.safetensors 2>/dev/null | head -n 1
padwise info nosuch good.safetensors >/dev/null 2>&1; echo "exit $?"
