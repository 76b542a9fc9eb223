#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests of the core under emulation: s390x (big-endian, 64 bits), i386 (little-endian, 32 bits).
# usage: scripts/cross/emulated.sh [MACHINE...]    default: both
#   OUT     parent of the build directories (default: out)
#   SUITES  default: unit script sim; recorded trace hashes are among sim (fault/hash)
set -eu
cd "$(dirname "$0")/../.."
out=${OUT:-out} status=0
[ $# -gt 0 ] || set -- s390x i386
for machine in "$@"; do
    dir=$out/$machine suites=''
    for suite in ${SUITES:-unit script sim}; do
        suites="$suites --suite $suite"
    done
    [ -f "$dir/build.ninja" ] || meson setup "$dir" --cross-file "scripts/cross/$machine.ini" -Dprograms=false >/dev/null
    ninja -C "$dir" --quiet
    # shellcheck disable=SC2086
    meson test -C "$dir" --no-rebuild --print-errorlogs --timeout-multiplier 20 $suites </dev/null || status=1
done
exit $status
