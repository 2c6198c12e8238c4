#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz_all.sh BUILD SECONDS: every fuzz target for that long, from the committed corpus; what it finds is kept in
# BUILD/fuzz/NAME.found and named. New inputs stay in BUILD/fuzz/NAME and are not committed by themselves:
# BUILD/tests/fuzz/fuzz_NAME -merge=1 tests/fuzz/corpus/NAME BUILD/fuzz/NAME takes over those that reach new code.
set -eu
build=$1
seconds=$2
n_passed=0
n_failed=0

ninja -C "$build" fuzz-programs
for target in "$build"/tests/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=${target##*/fuzz_}
    seeds=tests/fuzz/corpus/$name
    work=$build/fuzz/$name
    mkdir -p "$work" "$work.found"
    [ -d "$seeds" ] || seeds=$work
    if "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$work.found/" "$work" "$seeds" >"$work.log" 2>&1; then
        n_passed=$((n_passed + 1))
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work.log")
        echo "ok     fuzz_$name: $runs runs in $seconds s, nothing found"
    else
        n_failed=$((n_failed + 1))
        echo "FAILED fuzz_$name: see $work.found and $work.log"
        tail -n 30 "$work.log"
    fi
done
echo "$n_passed passed, $n_failed failed, 0 skipped"
[ "$n_failed" = 0 ] && [ "$n_passed" -gt 0 ]
