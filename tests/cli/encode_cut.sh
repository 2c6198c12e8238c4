# SPDX-License-Identifier: MIT
# What does not fit is named: how many tokens, and the text.
padwise encode -q --length 6 -o a.safetensors "a beaver with blue teeth and a long tail"
padwise encode -q -n "a beaver with blue teeth and a long tail" --length 6 -o a.safetensors "x"
padwise tokenize -q --length 6 "a beaver with blue teeth and a long tail" >/dev/null
