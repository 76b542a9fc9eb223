#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the harnesses one after the other and prints a table.
# usage: fuzz/run.sh [SECONDS [HARNESS...]]       default: 60 seconds, every harness
#   BUILD  build directory, set up with clang if it is not there (default: build-fuzz)
#   KEEP=1 adds inputs that reach something new to fuzz/corpus/
# New inputs wait in $BUILD/fuzz-found/HARNESS; an input that fails is kept there and named. The live
# harness begins with the programs of live_seeds.py as well.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build-fuzz}
seconds=${1:-60}
[ $# -eq 0 ] || shift

[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" -Dfuzz=true -Db_lundef=false >/dev/null
ninja -C "$build" fuzz >"$build/fuzz-build.log" || { cat "$build/fuzz-build.log"; exit 1; }
if [ $# -eq 0 ]; then
    for exe in "$build"/fuzz/fuzz_*; do
        [ -f "$exe" ] && [ -x "$exe" ] && set -- "$@" "${exe##*/fuzz_}"
    done
fi

# The figure after a word in the log's last line that has it, or a dash.
last() {
    sed -n "s/.*$1 *\([0-9][0-9]*\).*/\1/p" "$2" | tail -1 | grep . || echo -
}

status=0
printf '%-14s %12s %9s %6s %9s %7s  %s\n' harness inputs inputs/s edges features corpus result
for name in "$@"; do
    found=$build/fuzz-found/$name
    log=$found.log
    seeds=fuzz/corpus/$name
    mkdir -p "$found" "$seeds"
    [ "$name" != live ] || python3 fuzz/live_seeds.py "$found"
    result=ok
    "$build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -max_len=2048 -print_final_stats=1 -artifact_prefix="$found-" \
        "$found" "$seeds" >"$log" 2>&1 || { result="FAILED, see $log"; status=1; }
    if [ "${KEEP:-0}" = 1 ] && [ "$result" = ok ]; then
        "$build/fuzz/fuzz_$name" -merge=1 "$seeds" "$found" >"$log.merge" 2>&1 ||
            { result="merge failed, see $log.merge"; status=1; }
    fi
    printf '%-14s %12s %9s %6s %9s %7s  %s\n' "$name" \
        "$(last number_of_executed_units: "$log")" "$(last average_exec_per_sec: "$log")" \
        "$(last 'cov:' "$log")" "$(last ' ft:' "$log")" "$(last ' corp:' "$log")" "$result"
    [ "$result" = ok ] || grep -aE 'does not hold|assertion failed|ERROR:|runtime error|Test unit written' "$log" || true
done
exit $status
