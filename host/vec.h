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

/** wf_vec_fold() - Lanes of native words to the value of big-endian 16-bit words */
static inline uint16_t wf_vec_fold(uint64_t sum)
{
    sum = (sum & 0xffffffffU) + (sum >> 32);
    sum = (sum & 0xffffffffU) + (sum >> 32);
    sum = (sum & 0xffffU) + (sum >> 16);
    sum = (sum & 0xffffU) + (sum >> 16);
    sum = (sum & 0xffffU) + (sum >> 16);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (uint16_t)(sum << 8 | sum >> 8);
#else
    return (uint16_t)sum;
#endif
}

/** wf_vec_tail() - Native sum of fewer than 64 bytes, padded with a zero to whole words */
static inline uint64_t wf_vec_tail(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    for (; n >= 4; n -= 4, p += 4) {
        uint32_t w;
        memcpy(&w, p, 4);
        sum += w;
    }
    if (n > 0) {
        uint32_t w = 0;
        memcpy(&w, p, n);
        sum += w;
    }
    return sum;
}

/** wf_vec_copy() - memcpy without its result */
void wf_vec_copy(void *dst, const void *src, size_t n);

extern const struct weft_vec wf_vec_portable;
#if defined(__x86_64__)
extern const struct weft_vec wf_vec_sse2, wf_vec_avx2;
#endif

#endif /* WEFT_HOST_VEC_H */
