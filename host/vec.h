/* SPDX-License-Identifier: MIT */
/**
 * DOC: vec - bulk bytes: copy, RFC 1071 sum, both in one pass
 *
 * A sum does not depend on byte order until it is read (RFC 1071, 2. B): the loops add words as the
 * machine loads them, and the end swaps once. Wide lanes take the place of carries: a 64-bit lane
 * that gains two 32-bit words a step cannot overflow.
 *
 * Plain copies are memcpy in every table: the C library already chooses by the machine.
 */
#ifndef WEFT_HOST_VEC_H
#define WEFT_HOST_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "weft/stack.h"

/**
 * wf_vec_fold() - Lanes of native words to the value of big-endian 16-bit words
 *
 * A number added to itself with its halves exchanged holds the sum of the halves, carry brought
 * round, in the upper one.
 */
static inline uint16_t wf_vec_fold(uint64_t sum)
{
    uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
    uint16_t native = (uint16_t)((half + (half << 16 | half >> 16)) >> 16);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (uint16_t)(native << 8 | native >> 8);
#else
    return native;
#endif
}

/** wf_vec_word8() - Native sum of 8 bytes at @p + @at, copied to @q + @at unless @q is NULL */
static inline uint64_t wf_vec_word8(uint8_t *q, const uint8_t *p, size_t at)
{
    uint64_t w;
    memcpy(&w, p + at, 8);
    if (q != NULL)
        memcpy(q + at, &w, 8);
    return (w & 0xffffffffU) + (w >> 32);
}

/** wf_vec_last() - Add the last @n bytes, fewer than 8, padded with a zero to whole words; fold */
uint16_t wf_vec_last(uint64_t sum, uint8_t *q, const uint8_t *p, size_t n);

/**
 * wf_vec_end() - Add the last bytes to a native sum and fold it
 * @sum: of what is in front of them
 * @q: where they are copied to, or NULL
 * @p: the bytes
 * @n: fewer than 64
 */
static inline uint16_t wf_vec_end(uint64_t sum, uint8_t *q, const uint8_t *p, size_t n)
{
    size_t at = 0;
    for (; at + 8 <= n; at += 8)
        sum += wf_vec_word8(q, p, at);
    if ((n & 7) != 0)
        return wf_vec_last(sum, q != NULL ? q + at : NULL, p + at, n & 7);
    return wf_vec_fold(sum);
}

/** wf_vec_copy() - memcpy without its result */
void wf_vec_copy(void *dst, const void *src, size_t n);

extern const struct weft_vec wf_vec_portable;
#if defined(__x86_64__)
extern const struct weft_vec wf_vec_sse2, wf_vec_avx2;
#endif

#endif /* WEFT_HOST_VEC_H */
