/* SPDX-License-Identifier: MIT */
/**
 * DOC: Test harness: a table of functions, TAP on stdout. Read by meson and by prove.
 *
 * The harness also provides weft_panic(), which prints the broken assertion and aborts.
 */
#ifndef WEFT_TESTS_HARNESS_T_H
#define WEFT_TESTS_HARNESS_T_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** struct t_case - One test: a sentence that says what holds, and the function that shows it */
struct t_case {
    const char *name;
    void (*run)(void);
};

/** t_fail() - Note a claim that does not hold; the case goes on, and is reported as failed */
void t_fail(const char *file, int line, const char *expr);

/** t_eq() - Note a failure, with both numbers, unless @got == @want */
void t_eq(const char *file, int line, const char *expr, uint64_t got, uint64_t want);

/** t_skip() - The running case cannot be shown here, for this reason; return from it afterwards */
void t_skip(const char *reason);

/** t_random() - A number of the test's own random sequence; each case starts it anew */
uint64_t t_random(void);

/** t_main() - Run all cases; 0 if every one passed or was skipped */
int t_main(const struct t_case *cases, int n);

#define T_CHECK(expr) ((expr) ? (void)0 : t_fail(__FILE__, __LINE__, #expr))

/* Numbers of any integer type; negative ones compare by their 64-bit pattern. */
#define T_EQ(got, want)                                                                            \
    t_eq(__FILE__, __LINE__, #got " == " #want, (uint64_t)(got), (uint64_t)(want))

#define T_MAIN(cases)                                                                              \
    int main(void)                                                                                 \
    {                                                                                              \
        return t_main(cases, (int)(sizeof(cases) / sizeof((cases)[0])));                           \
    }

#endif /* WEFT_TESTS_HARNESS_T_H */
