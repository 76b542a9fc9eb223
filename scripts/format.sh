#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# clang-format (14, Debian 12) over every C file. Usage: format.sh [--check]
if [ "${1:-}" = --check ]; then
    set -- --dry-run -Werror
else
    set -- -i
fi
find src include drv host posix sim lab tools examples bench fuzz tests -name '*.[ch]' 2>/dev/null |
    sort | xargs clang-format --style=file "$@"
