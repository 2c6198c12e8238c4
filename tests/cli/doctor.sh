# SPDX-License-Identifier: MIT
# doctor: what is there, what is missing, and the line that mends it.
. "$PADWISE_CLI_TESTS/helpers.bash"
padwise doctor --json | json 'sorted(o)'
padwise doctor --json | json '[l["name"] for l in o["levels"]], o["levels"][0]["built"], sum(l["used"] for l in o["levels"])'
padwise doctor --json | json '"export PADWISE_MODEL=FOLDER_OR_FILE" in [m["mend"] for m in o["missing"]]'
padwise doctor >screen; echo "exit $?"
awk 'length > 80' screen
PADWISE_MODEL=nosuch padwise doctor --json | json '(o["model"], o["model_opens"])'
PADWISE_CPU=ref padwise doctor --json | json '[l["name"] for l in o["levels"] if l["used"]]'
