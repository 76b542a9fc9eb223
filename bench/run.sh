#!/bin/sh -u
# SPDX-License-Identifier: MIT
# The one table of `make bench`. Usage: BUILD=build bench/run.sh [OPTION...], see run.py.
exec python3 "$(dirname "$0")/run.py" --build "${BUILD:-build}" "$@"
