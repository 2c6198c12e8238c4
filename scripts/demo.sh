#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh BUILD: the main job in one go: a prompt to a conditioning file with the built-in model, and what is in the file.
set -eu
build=$1
padwise=$build/padwise
file=$build/demo.safetensors

echo
echo "\$ $padwise encode \"a beaver with blue teeth\" -o $file"
"$padwise" encode "a beaver with blue teeth" -o "$file"
echo
echo "\$ $padwise info $file"
"$padwise" info "$file"
echo
echo "The file is $file. Next: $padwise help, or README.md."
