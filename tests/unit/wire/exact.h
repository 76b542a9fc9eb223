/* SPDX-License-Identifier: MIT */
/**
 * DOC: exact - bytes in a heap block of exactly their size
 *
 * A read one byte beyond what a parser was given is then an error under AddressSanitizer, where a
 * larger array would hide it.
 */
#ifndef WEFT_TESTS_UNIT_WIRE_EXACT_H
#define WEFT_TESTS_UNIT_WIRE_EXACT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** exact() - A heap copy of @n bytes; the caller frees it */
static inline uint8_t *exact(const uint8_t *bytes, size_t n)
{
    uint8_t *p = malloc(n);
    if (p == NULL)
        abort();
    memcpy(p, bytes, n);
    return p;
}

/** exact_flipped() - A heap copy of @n bytes with bit @bit inverted; bit 0 is the first sent */
static inline uint8_t *exact_flipped(const uint8_t *bytes, size_t n, size_t bit)
{
    uint8_t *p = exact(bytes, n);
    p[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    return p;
}

/** is_untouched() - Does every byte of a struct still hold the pattern 0xa5? */
static inline int is_untouched(const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        if (b[i] != 0xa5)
            return 0;
    return 1;
}

#endif /* WEFT_TESTS_UNIT_WIRE_EXACT_H */
