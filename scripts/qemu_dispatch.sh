#!/bin/sh
# SPDX-License-Identifier: MIT
# Dispatch on CPUs that are not this one (qemu-user): on an emulated Nehalem the command must take level ref, on a Haswell
# avx2, run without an illegal instruction, and give the bits that this machine gives at that level.
#   scripts/qemu_dispatch.sh BUILD
set -u
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

encode() { # OUTPUT RUNNER...: the built-in model, one thread
    output=$1
    shift
    "$@" "$build/padwise" encode --quiet --threads 1 -o "$output" "a beaver with blue teeth, 8k!" 2>/dev/null
}

check() { # CPU LEVEL
    if ! encode "$work/emulated.safetensors" qemu-x86_64 -cpu "$1"; then
        echo "FAILED -cpu $1: the command ended with status $?"
    elif ! encode "$work/native.safetensors" env PADWISE_CPU="$2"; then
        echo "skipped: this machine cannot run level $2"
        return
    elif ! cmp -s "$work/emulated.safetensors" "$work/native.safetensors"; then
        echo "FAILED -cpu $1: other bits (or another level in the manifest) than --cpu $2 here"
    else
        echo "ok -cpu $1: level $2, the same bytes as here"
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
}

command -v qemu-x86_64 >/dev/null || { echo "skipped: qemu-user is not installed"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
check Nehalem ref
check Haswell avx2
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
