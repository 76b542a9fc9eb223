#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# The core has no writable data, needs nothing but memory functions, and its names are prefixed.
# Usage: check_symbols.sh LIBWEFT.A [LIBWEFT.SO]
lib=$1
bad=0
complain() {
    echo "$1" >&2
    bad=1
}

# 1. "No globals", proved on the object code: no writable section has a size. Constant tables that
#    hold pointers land in .data.rel.ro, which the loader makes read-only, and are fine.
if size -A "$lib" | awk '$1 ~ /^\.(data|bss|tdata|tbss)($|\.)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {print; f=1} END {exit !f}'; then
    complain "writable data in $lib"
fi
if nm "$lib" | grep -E ' C '; then
    complain "common symbols in $lib"
fi

# 2. Undefined symbols that no member defines: memory functions, the panic hook, the compiler's own helpers.
known='memcpy|memmove|memset|memcmp|bcmp|weft_panic|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__stack_chk_guard'
known="$known|__asan_.*|__ubsan_.*|__sanitizer_.*|__u?div[dt]i3|__u?mod[dt]i3|__aeabi_.*|__(popcount|clz|ctz|bswap)[ds]i2"
if nm "$lib" | awk 'NF==2 && $1=="U" {u[$2]=1} NF==3 {d[$3]=1} END {for (s in u) if (!(s in d)) print s}' | grep -vxE "$known"; then
    complain "foreign symbols in $lib"
fi

# 3. Every external symbol is weft_ (public) or wf_ (internal), but for the marks file.c.HASH, which tie
#    gcc's debug information together after optimisation across files. The shared library exports the
#    public ones only.
if nm -g "$lib" | awk 'NF==3 {print $3}' | grep -vE '^(weft|wf)_|\.c\.[0-9a-f]+$'; then
    complain "unprefixed symbols in $lib"
fi
if [ $# -ge 2 ] && nm -D --defined-only "$2" | awk '$2 != "A" {print $3}' | grep -vE '^weft_'; then
    complain "$2 exports more than weft_*"
fi
[ $bad = 1 ] || echo "check_symbols: ok"
exit $bad
