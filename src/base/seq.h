/* SPDX-License-Identifier: MIT */
/**
 * DOC: seq - TCP sequence numbers (RFC 9293, section 3.4)
 *
 * A struct, so that a raw `a < b`, which is wrong once the numbers wrap, does not compile. Order is
 * defined for numbers less than 2^31 apart, which windows of at most 2^30 bytes guarantee.
 */
#ifndef WF_BASE_SEQ_H
#define WF_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/** struct tcp_seq - A point in the sequence space, modulo 2^32 */
struct tcp_seq {
    uint32_t v;
};

/** wf_seq() - The sequence number with this value */
static inline struct tcp_seq wf_seq(uint32_t v)
{
    return (struct tcp_seq){v};
}

/** wf_seq_add() - @n further */
static inline struct tcp_seq wf_seq_add(struct tcp_seq s, uint32_t n)
{
    return (struct tcp_seq){s.v + n};
}

/** wf_seq_sub() - @n back */
static inline struct tcp_seq wf_seq_sub(struct tcp_seq s, uint32_t n)
{
    return (struct tcp_seq){s.v - n};
}

/** wf_seq_diff() - How far @a is beyond @b; negative if it is before */
static inline int32_t wf_seq_diff(struct tcp_seq a, struct tcp_seq b)
{
    return (int32_t)(a.v - b.v);
}

/** wf_seq_eq() - @a == @b */
static inline bool wf_seq_eq(struct tcp_seq a, struct tcp_seq b)
{
    return a.v == b.v;
}

/** wf_seq_lt() - @a < @b */
static inline bool wf_seq_lt(struct tcp_seq a, struct tcp_seq b)
{
    return wf_seq_diff(a, b) < 0;
}

/** wf_seq_leq() - @a <= @b */
static inline bool wf_seq_leq(struct tcp_seq a, struct tcp_seq b)
{
    return wf_seq_diff(a, b) <= 0;
}

/** wf_seq_gt() - @a > @b */
static inline bool wf_seq_gt(struct tcp_seq a, struct tcp_seq b)
{
    return wf_seq_diff(a, b) > 0;
}

/** wf_seq_geq() - @a >= @b */
static inline bool wf_seq_geq(struct tcp_seq a, struct tcp_seq b)
{
    return wf_seq_diff(a, b) >= 0;
}

/** wf_seq_max() - The later of two */
static inline struct tcp_seq wf_seq_max(struct tcp_seq a, struct tcp_seq b)
{
    return wf_seq_gt(a, b) ? a : b;
}

/** wf_seq_min() - The earlier of two */
static inline struct tcp_seq wf_seq_min(struct tcp_seq a, struct tcp_seq b)
{
    return wf_seq_lt(a, b) ? a : b;
}

/** wf_seq_in() - Is @s in [@from, @to)? One comparison; @from is in unless the range is empty */
static inline bool wf_seq_in(struct tcp_seq s, struct tcp_seq from, struct tcp_seq to)
{
    return s.v - from.v < to.v - from.v;
}

#endif /* WF_BASE_SEQ_H */
