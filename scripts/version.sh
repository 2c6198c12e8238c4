#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the version from include/padwise/version.h, the one place where it stands.
sed -n 's/^#define PW_VERSION_[A-Z]* *\([0-9]*\)$/\1/p' "$(dirname "$0")/../include/padwise/version.h" | paste -sd.
