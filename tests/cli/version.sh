# SPDX-License-Identifier: MIT
# --version is one line: the name and the version of the headers.
wanted=$(sh "$PADWISE_SOURCE/scripts/version.sh")
[ "$(padwise --version)" = "padwise $wanted" ] && echo "as in version.h"
