# SPDX-License-Identifier: MIT
# info of a conditioning file: tensors and manifest.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise encode -q -n "blurry" -o c.safetensors "a beaver"
padwise info --json c.safetensors | json '(o["kind"], o["recipe"], o["manifest"]["prompts"][0]["prompt"], o["metadata"])'
padwise info c.safetensors
