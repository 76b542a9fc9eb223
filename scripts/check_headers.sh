#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# Every header compiles alone, as C11, the public ones also as C++17.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
for h in $(find include src -name '*.h' | sort); do
    printf '#include "%s"\n' "${h#*/}" >"$tmp/alone.c"
    ${CC:-cc} -std=c11 -Wall -Wextra -Werror -Iinclude -Isrc -fsyntax-only "$tmp/alone.c" || bad=1
done
for h in $(find include -name '*.h' | sort); do
    printf 'extern "C" {\n#include "%s"\n}\n' "${h#include/}" >"$tmp/alone.cc"
    ${CXX:-c++} -std=c++17 -Wall -Wextra -Werror -Iinclude -fsyntax-only "$tmp/alone.cc" || bad=1
done
exit $bad
