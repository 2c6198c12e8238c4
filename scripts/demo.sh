#!/bin/sh
# SPDX-License-Identifier: MIT
# The main job in one go: a prompt to a conditioning file with the built-in model, and what is in the file.
set -eu
build=$1
file=$build/demo.safetensors

run() {
    echo
    echo "\$ $*"
    "$@"
}

run "$build/padwise" encode "a beaver with blue teeth" -o "$file"
run "$build/padwise" info "$file"
echo
echo "The file is $file. Next: $build/padwise help, or README.md."
