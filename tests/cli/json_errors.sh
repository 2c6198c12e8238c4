# SPDX-License-Identifier: MIT
# With --json each error and warning is an object on stderr, stdout holds nothing else than results.
. "$PADWISE_CLI_TESTS/helpers.bash"
show() { json '(sorted(o), sorted(v := next(iter(o.values()))), v.get("status"), v["where"], v["message"] != "")'; }
padwise encode --json --mask what x 2>&1 >stdout | show
padwise info --json missing.safetensors 2>&1 >stdout | show
padwise encode --json -m missing x 2>&1 >stdout | show
echo 'not a tensor file' >bad.safetensors
padwise info --json bad.safetensors 2>&1 >stdout | show
words=$(printf 'word %.0s' $(seq 100))
padwise tokenize --json --length 20 "$words" 2>&1 >stdout | show
json 'o["n_cut"] > 0' <stdout
