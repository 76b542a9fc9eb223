#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# clang-tidy over what a build directory made with clang compiles, tests excepted. Usage: tidy.sh BUILD
build=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
status=0
find src drv host posix sim lab tools examples -name '*.c' 2>/dev/null | sort | while read -r f; do
    if grep -q "$f\"" "$build/compile_commands.json"; then echo "$f"; fi
done | xargs -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet >"$out" 2>/dev/null || status=1
cat "$out"
exit $status
