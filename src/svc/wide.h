/* SPDX-License-Identifier: MIT */
/**
 * DOC: svc wide - the few operations on 128 bits that an exact deviation needs
 *
 * Squares of nanoseconds outgrow 64 bits after a few seconds; a type of the compiler's own is not
 * there on 32-bit machines.
 */
#ifndef WF_SVC_WIDE_H
#define WF_SVC_WIDE_H

#include <stdbool.h>
#include <stdint.h>

/** struct wide - An unsigned number of 128 bits */
struct wide {
    uint64_t hi, lo;
};

/** wf_wide_mul() - Product of two */
static inline struct wide wf_wide_mul(uint64_t a, uint64_t b)
{
    uint64_t a1 = a >> 32, a0 = a & UINT32_MAX, b1 = b >> 32, b0 = b & UINT32_MAX;
    uint64_t low = a0 * b0;
    uint64_t mid = a1 * b0 + (low >> 32); /* At most (2^32-1)^2 + 2^32-1: fits. */
    uint64_t mid2 = a0 * b1 + (mid & UINT32_MAX);
    return (struct wide){.hi = a1 * b1 + (mid >> 32) + (mid2 >> 32),
                         .lo = mid2 << 32 | (low & UINT32_MAX)};
}

/** wf_wide_add() - Sum, modulo 2^128 */
static inline struct wide wf_wide_add(struct wide a, struct wide b)
{
    uint64_t lo = a.lo + b.lo;
    return (struct wide){.hi = a.hi + b.hi + (lo < a.lo), .lo = lo};
}

/** wf_wide_sub() - Difference, modulo 2^128 */
static inline struct wide wf_wide_sub(struct wide a, struct wide b)
{
    return (struct wide){.hi = a.hi - b.hi - (a.lo < b.lo), .lo = a.lo - b.lo};
}

/** wf_wide_le() - Whether a <= b */
static inline bool wf_wide_le(struct wide a, struct wide b)
{
    return a.hi < b.hi || (a.hi == b.hi && a.lo <= b.lo);
}

/** wf_wide_sqrt() - Largest number whose square is at most @v */
static inline uint64_t wf_wide_sqrt(struct wide v)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 63; bit != 0; bit >>= 1)
        if (wf_wide_le(wf_wide_mul(root | bit, root | bit), v))
            root |= bit;
    return root;
}

#endif /* WF_SVC_WIDE_H */
