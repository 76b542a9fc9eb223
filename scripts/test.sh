#!/bin/sh -u
# SPDX-License-Identifier: MIT
# Run meson's tests and close with a line of counts. Usage: test.sh BUILD LOG-NAME MESON-TEST-OPTION...
build=$1 log=$2
shift 2
meson test -C "$build" --no-rebuild --print-errorlogs --logbase "$log" "$@" </dev/null
status=$?
python3 scripts/tally.py "$build/meson-logs/$log.json" || status=1
exit $status
