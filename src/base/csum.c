/* SPDX-License-Identifier: MIT */
/**
 * DOC: csum, the scalar way
 *
 * Ones' complement addition does not care about byte order or word size (RFC 1071, section 2), so
 * the bytes are added as native 64-bit words with the carry brought round, and only the folded
 * result is put into network order. Two sums run side by side so that one's carry does not wait for
 * the other.
 */
#include "base/csum.h"

#include <string.h>

#include "base/bytes.h"

static inline uint64_t add_carry(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

/* The last 0 to 7 bytes, padded with a zero behind, in pieces whose copies need no call. */
static inline uint64_t copy_tail(uint8_t *q, const uint8_t *p, size_t len)
{
    uint64_t sum = 0;
    if ((len & 4) != 0) {
        uint32_t word;
        memcpy(&word, p, sizeof(word));
        memcpy(q, &word, sizeof(word));
        sum += word;
        p += 4;
        q += 4;
    }
    if ((len & 2) != 0) {
        uint16_t word;
        memcpy(&word, p, sizeof(word));
        memcpy(q, &word, sizeof(word));
        sum += word;
        p += 2;
        q += 2;
    }
    if ((len & 1) != 0) {
        const uint8_t padded[2] = {*p, 0};
        uint16_t word;
        memcpy(&word, padded, sizeof(word));
        *q = *p;
        sum += word;
    }
    return sum;
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    uint16_t native = (uint16_t)sum;
    uint8_t bytes[2];
    memcpy(bytes, &native, sizeof(bytes));
    return wf_ld16be(bytes);
}

uint16_t wf_csum_scalar(const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t even = 0, odd = 0;
    for (; len >= 32; len -= 32, p += 32) {
        even = add_carry(even, load64(p));
        odd = add_carry(odd, load64(p + 8));
        even = add_carry(even, load64(p + 16));
        odd = add_carry(odd, load64(p + 24));
    }
    for (; len >= 8; len -= 8, p += 8)
        even = add_carry(even, load64(p));
    uint8_t unused[8];
    return fold(add_carry(add_carry(even, odd), copy_tail(unused, p, len)));
}

uint16_t wf_csum_copy_scalar(void *dst, const void *src, size_t len)
{
    const uint8_t *p = src;
    uint8_t *q = dst;
    uint64_t even = 0, odd = 0;
    for (; len >= 16; len -= 16, p += 16, q += 16) {
        uint64_t a = load64(p), b = load64(p + 8);
        memcpy(q, &a, sizeof(a));
        memcpy(q + 8, &b, sizeof(b));
        even = add_carry(even, a);
        odd = add_carry(odd, b);
    }
    for (; len >= 8; len -= 8, p += 8, q += 8) {
        uint64_t a = load64(p);
        memcpy(q, &a, sizeof(a));
        even = add_carry(even, a);
    }
    return fold(add_carry(add_carry(even, odd), copy_tail(q, p, len)));
}
