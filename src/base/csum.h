/* SPDX-License-Identifier: MIT */
/**
 * DOC: csum - the Internet checksum (RFC 1071)
 *
 * A sum here is the ones' complement sum of the bytes, read as 16-bit words in network order and
 * padded with a zero byte: a plain number, the same on every machine. The sum of nothing is 0; a
 * sum of anything that is not all zero is never 0. Sums of blocks add up with wf_csum_add(), a
 * block that starts at an odd offset through wf_csum_swap(); the header field is wf_csum_finish()
 * of the total.
 */
#ifndef WF_BASE_CSUM_H
#define WF_BASE_CSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** wf_csum_scalar() - Sum of @len bytes at any alignment */
uint16_t wf_csum_scalar(const void *data, size_t len);

/** wf_csum_copy_scalar() - Copy @len bytes to a place that does not overlap and sum them on the way
 */
uint16_t wf_csum_copy_scalar(void *dst, const void *src, size_t len);

/** wf_csum_add() - Sum of two blocks, the first of an even length */
static inline uint16_t wf_csum_add(uint16_t a, uint16_t b)
{
    uint32_t s = (uint32_t)a + b;
    return (uint16_t)((s & 0xffff) + (s >> 16));
}

/**
 * wf_csum_fold() - Fold a sum of words of 16, 32 or, with carries brought round, 64 bits
 *
 * A number added to itself with its halves exchanged holds the sum of the halves, carry brought
 * round, in the upper one.
 */
static inline uint16_t wf_csum_fold(uint64_t sum)
{
    uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
    return (uint16_t)((half + (half << 16 | half >> 16)) >> 16);
}

/** wf_csum_swap() - The sum of a block as it counts when the block starts at an odd offset */
static inline uint16_t wf_csum_swap(uint16_t a)
{
    return (uint16_t)(a << 8 | a >> 8);
}

/** wf_csum_carry() - Add a word as the machine loads it to a sum of such, the carry brought round
 */
static inline uint64_t wf_csum_carry(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

/**
 * wf_csum_native() - Add a header to a sum of words as the machine loads them
 *
 * @len is a multiple of 4. On either end of the machine only the order of octets inside the 16 bits
 * of the result differs (RFC 1071, 2 B).
 */
static inline uint64_t wf_csum_native(uint64_t sum, const uint8_t *p, uint32_t len)
{
    uint64_t word;
    uint32_t half;
    for (; len >= sizeof(word); len -= (uint32_t)sizeof(word), p += sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        sum = wf_csum_carry(sum, word);
    }
    if (len > 0) {
        memcpy(&half, p, sizeof(half));
        sum = wf_csum_carry(sum, half);
    }
    return sum;
}

/** wf_csum_from_native() - The sum that such words have in network order */
static inline uint16_t wf_csum_from_native(uint64_t sum)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return wf_csum_swap(wf_csum_fold(sum));
#else
    return wf_csum_fold(sum);
#endif
}

/** wf_csum_words() - Sum of a header: @len is a multiple of 4 */
static inline uint64_t wf_csum_words(const uint8_t *p, uint32_t len)
{
    return wf_csum_from_native(wf_csum_native(0, p, len));
}

/** wf_csum_finish() - The value of the checksum field for this total */
static inline uint16_t wf_csum_finish(uint16_t sum)
{
    return (uint16_t)~sum;
}

/**
 * wf_csum_update16() - The checksum field after one word of its data changed (RFC 1624, equation 3)
 *
 * HC' = ~(~HC + ~m + m'): exact also where the older equations turned 0xffff into 0.
 */
static inline uint16_t wf_csum_update16(uint16_t field, uint16_t old_word, uint16_t new_word)
{
    uint16_t sum = wf_csum_add((uint16_t)~field, (uint16_t)~old_word);
    return wf_csum_finish(wf_csum_add(sum, new_word));
}

#endif /* WF_BASE_CSUM_H */
