/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdio.h>

#include "weft/types.h"

uint32_t fuzz_states_seen;

void fuzz_fail(const char *file, int line, const char *expr)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, expr);
    abort();
}

void weft_panic(const char *file, int line, const char *expr)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
    abort();
}

void fuzz_check_line(const char *line, size_t n)
{
    FUZZ_CHECK(n > 0 && n < FUZZ_LINE_BYTES - 1);
    FUZZ_CHECK(strlen(line) == n);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(line[i] >= ' ' && line[i] <= '~');
}

void fuzz_check_cut(const char *cut, size_t cap, size_t n, const char *whole)
{
    FUZZ_CHECK(n == cap - 1 || n == strlen(whole));
    FUZZ_CHECK(cut[n] == '\0');
    FUZZ_CHECK(memcmp(cut, whole, n) == 0);
}
