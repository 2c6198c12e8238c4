# SPDX-License-Identifier: MIT
# --name=value, --name value, -n value, -nvalue, flags together, -- and options after arguments.
padwise encode -q --length=9 --output=a.safetensors "a beaver"
padwise encode --length 9 -q -ob.safetensors "a beaver"
padwise encode "a beaver" -qo c.safetensors --length 9
padwise encode -q -o d.safetensors --length 9 -- "a beaver"
for file in b c d; do cmp a.safetensors $file.safetensors || echo "$file differs"; done
padwise tokenize -q --json -- --json | grep -o '"prompt":"--json"'
padwise encode -q --length 3 --length 9 -o e.safetensors "a beaver" && cmp a.safetensors e.safetensors && echo "the last one counts"
