/* SPDX-License-Identifier: MIT */
/**
 * DOC: fuzz - what every harness shares
 *
 * A harness gives libFuzzer's bytes, which lie in a heap block of exactly their size, to one parser
 * and states what must hold whatever they are. A claim that fails aborts, as an assertion of the
 * core does; the sanitizers see to the rest. replay.c runs a kept corpus without libFuzzer.
 */
#ifndef WEFT_FUZZ_FUZZ_H
#define WEFT_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_LINE_BYTES 512 /* What include/weft/trace.h promises to suffice for any line. */

/** LLVMFuzzerTestOneInput() - The harness: called by libFuzzer once an input */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bit for each TCP state (enum weft_tcp_state) that a harness of a whole stack came across. */
extern uint32_t fuzz_states_seen;

/** fuzz_fail() - Say which claim does not hold and abort */
_Noreturn void fuzz_fail(const char *file, int line, const char *expr);

/** fuzz_check_line() - Is this one whole, printable, terminated line of length @n? */
void fuzz_check_line(const char *line, size_t n);

/** fuzz_check_cut() - Is @cut, of at most @cap bytes, the beginning of the line @whole? */
void fuzz_check_cut(const char *cut, size_t cap, size_t n, const char *whole);

#define FUZZ_CHECK(expr) ((expr) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #expr))

/* The line of a header, whole and cut to half its length in a block of exactly that size. */
#define FUZZ_TEXT(text_fn, hdr)                                                                    \
    do {                                                                                           \
        char whole_[FUZZ_LINE_BYTES];                                                              \
        uint32_t n_ = text_fn(whole_, sizeof(whole_), (hdr));                                      \
        fuzz_check_line(whole_, n_);                                                               \
        char *cut_ = malloc(n_ / 2 + 1);                                                           \
        FUZZ_CHECK(cut_ != NULL);                                                                  \
        fuzz_check_cut(cut_, n_ / 2 + 1, text_fn(cut_, n_ / 2 + 1, (hdr)), whole_);                \
        free(cut_);                                                                                \
    } while (0)

#endif /* WEFT_FUZZ_FUZZ_H */
