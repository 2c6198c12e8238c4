# SPDX-License-Identifier: MIT
# A name that nobody typed replaces conditioning only: "padwise encode model" in a model's folder must not cost the model.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise init -q tiny -o .
sum=$(sha256sum <model.safetensors)
try padwise encode -q model
[ "$sum" = "$(sha256sum <model.safetensors)" ] && echo "model.safetensors is whole"
padwise encode -q "a cat" && padwise encode "a cat" 2>&1 | grep -o '^replaced a-cat.safetensors'
