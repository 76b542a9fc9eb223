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

/** wf_vec_word4() - The same of 4 bytes */
static inline uint64_t wf_vec_word4(uint8_t *q, const uint8_t *p, size_t at)
{
    uint32_t w;
    memcpy(&w, p + at, 4);
    if (q != NULL)
        memcpy(q + at, &w, 4);
    return w;
}

/** wf_vec_word2() - The same of @n bytes, 2, or 1 padded with a zero behind it */
static inline uint64_t wf_vec_word2(uint8_t *q, const uint8_t *p, size_t at, size_t n)
{
    uint16_t w = 0;
    memcpy(&w, p + at, n);
    if (q != NULL)
        memcpy(q + at, &w, n);
    return w;
}

/** wf_vec_copy_tail() - Native sum of fewer than 64 bytes, copied to @q unless that is NULL */
static inline uint64_t wf_vec_copy_tail(uint8_t *q, const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    size_t at = 0;
    for (; n - at >= 16; at += 16)
        sum += wf_vec_word8(q, p, at) + wf_vec_word8(q, p, at + 8);
    if ((n & 8) != 0) {
        sum += wf_vec_word8(q, p, at);
        at += 8;
    }
    if ((n & 4) != 0) {
        sum += wf_vec_word4(q, p, at);
        at += 4;
    }
    if ((n & 2) != 0) {
        sum += wf_vec_word2(q, p, at, 2);
        at += 2;
    }
    return (n & 1) != 0 ? sum + wf_vec_word2(q, p, at, 1) : sum;
}

/** wf_vec_tail() - The same without the copy */
static inline uint64_t wf_vec_tail(const uint8_t *p, size_t n)
{
    return wf_vec_copy_tail(NULL, p, n);
}

/** wf_vec_copy() - memcpy without its result */
void wf_vec_copy(void *dst, const void *src, size_t n);

extern const struct weft_vec wf_vec_portable;
#if defined(__x86_64__)
extern const struct weft_vec wf_vec_sse2, wf_vec_avx2;
#endif

#endif /* WEFT_HOST_VEC_H */
