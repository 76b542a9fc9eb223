/* SPDX-License-Identifier: MIT */
#include "t.h"

#include <stdlib.h>

#include "weft/types.h"

#define FAILURES_SHOWN 10 /* A loop that fails everywhere says so often enough. */

static int failures;
static const char *skipped;
static uint64_t random_state;

static bool is_shown(void)
{
    return failures++ < FAILURES_SHOWN;
}

void t_fail(const char *file, int line, const char *expr)
{
    if (is_shown())
        printf("# %s:%d: not true: %s\n", file, line, expr);
}

void t_eq(const char *file, int line, const char *expr, uint64_t got, uint64_t want)
{
    if (got != want && is_shown())
        printf("# %s:%d: not true: %s: %" PRIu64 " (0x%" PRIx64 ") != %" PRIu64 " (0x%" PRIx64
               ")\n",
               file, line, expr, got, got, want, want);
}

void t_skip(const char *reason)
{
    skipped = reason;
}

/* splitmix64: small, and far apart from the generator under test. */
uint64_t t_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int t_main(const struct t_case *cases, int n)
{
    int bad = 0;
    setvbuf(stdout, NULL, _IOLBF, 0); /* What ran before a crash is seen. */
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        failures = 0;
        skipped = NULL;
        random_state = 1;
        cases[i].run();
        printf("%sok %d - %s", failures != 0 ? "not " : "", i + 1, cases[i].name);
        if (skipped != NULL && failures == 0)
            printf(" # SKIP %s", skipped);
        printf("\n");
        bad += failures != 0;
    }
    return bad != 0;
}

void weft_panic(const char *file, int line, const char *expr)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
    abort();
}
