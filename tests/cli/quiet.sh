# SPDX-License-Identifier: MIT
# --quiet: nothing on stderr when all is well.
padwise encode --quiet -o a.safetensors "a beaver" 2>&1
padwise encode -q -o out/ "a beaver" "an otter" 2>&1
padwise init -q tiny -o tiny 2>&1
