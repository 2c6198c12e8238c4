# SPDX-License-Identifier: MIT
# edit: what is wrong with an edit, an input or a line, in one sentence; nothing is written then.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode -q -o a.safetensors "a beaver"
padwise encode -q --length none -o short.safetensors "a beaver"
for edit in "" "padz: zero" "pads zero" "pads: zeros" "pads: scale nan" "pads: scale 1e999" "9..3: zero" \
        "pads: noise 1" "pads: from 'x" "pads: from" "pads: zero; pads: id 3" "100: zero" \
        "first 80 of pads: zero" "pads: from nosuch.json" "12: id 3" "pads: id 3"; do
    try padwise edit a.safetensors --edit "$edit" -o out.safetensors
done
echo "# no pads"
try padwise edit short.safetensors --edit "pads: zero" -o out.safetensors
echo "# lines"
try padwise edit a.safetensors -o out.safetensors
try padwise edit a.safetensors --edit "all: zero" --variants workshop -o out/
try padwise edit a.safetensors --edit "all: zero"
try padwise edit a.safetensors --edit "all: zero" -o out/
try padwise edit --edit "all: zero" -o out.safetensors
try padwise edit a.safetensors --variants workshop -o out
try padwise edit a.safetensors --edit "all: zero" -o out.xyz
try padwise edit nosuch.safetensors --edit "all: zero" -o out.safetensors
try padwise edit a.safetensors --n-real 99 --edit "all: zero" -o out.safetensors
try padwise edit a.safetensors --tensor nosuch --edit "all: zero" -o out.safetensors
try padwise sweep a.safetensors --edit "pads: zero" --values 1,2 -o out/
try padwise sweep a.safetensors --edit "pads: scale {x}" --values 1,two -o out/
try padwise sweep a.safetensors --edit "pads: scale {x}" --values 1..2 -o out/
try padwise sweep a.safetensors --edit "pads: scale {x}" --values 1..nan/3 -o out/
try padwise sweep a.safetensors --edit "pads: scale {x}" --values 1 -o out
try padwise sweep a.safetensors --edit "pads: id {x}" --values 1 -o out/
try padwise edit --json a.safetensors --edit "padz: zero" -o out.safetensors
ls
