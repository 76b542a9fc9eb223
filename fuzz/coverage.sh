#!/bin/sh
# SPDX-License-Identifier: MIT
# Coverage of src/wire, src/ip and src/tcp by the kept corpus of the live harness, and the TCP states it reaches.
# usage: fuzz/coverage.sh [LEAST]                   exit 1 below LEAST per cent of regions (default: 90)
#   BUILD    folder for objects and profiles (default: build-cov)
#   CORPUS   default: fuzz/corpus/live
#   SHOW=1   also list the lines that are never reached
# A region is clang's unit of code between two edges; branches are each outcome of each condition.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build-cov} corpus=${CORPUS:-fuzz/corpus/live} least=${1:-90}
mkdir -p "$build"
sources="fuzz/live*.c fuzz/fuzz.c fuzz/replay.c"
clang-14 -std=c11 -g -O1 -fprofile-instr-generate -fcoverage-mapping -Iinclude -Isrc src/*/*.c $sources -o "$build/live"
LLVM_PROFILE_FILE=$build/live.profraw "$build/live" -s "$corpus"
llvm-profdata-14 merge -sparse "$build/live.profraw" -o "$build/live.profdata"
[ "${SHOW:-0}" = 0 ] || llvm-cov-14 show "$build/live" -instr-profile="$build/live.profdata" \
    src/wire src/ip src/tcp | grep -E '^/|^ *[0-9]+\| *0\|' || true
llvm-cov-14 export -summary-only "$build/live" -instr-profile="$build/live.profdata" |
    python3 fuzz/coverage.py "$least"
