# SPDX-License-Identifier: MIT
# info of the exchange form, and of a manifest that holds edits and says nothing of a model.
. "$PADWISE_CLI_TESTS/helpers.bash"
printf '{"prompt": "a", "embedding": [[1, 2], [3, 4], [5, 6]], "shape": [3, 2]}' >e.json
padwise edit -q e.json --n-real 2 --edit "pads: zero" -o edited.npz
padwise info --json e.json edited.npz | json '(o["kind"], o["layout"], o["recipe"], o["tensors"], o.get("manifest", {}).get("edits"))'
padwise info edited.npz | sed '/fingerprint/d'
