/* SPDX-License-Identifier: MIT */
/**
 * DOC: rng - random numbers that cannot be predicted from each other
 *
 * The key stream of ChaCha20 (RFC 8439, section 2.3) under the stack's seed, with a stream number
 * for each consumer: ports tell nothing about sequence numbers, and a new consumer does not
 * change what the others draw. Equal seeds give equal numbers on every machine.
 */
#ifndef WF_BASE_RNG_H
#define WF_BASE_RNG_H

#include <stdint.h>

/** struct wf_rng - One stream; the state is as secret as the seed */
struct wf_rng {
    uint32_t input[16]; /* Constants, key, 64-bit block counter (12, 13), stream (14), 0. */
    uint32_t block[16]; /* Key stream of the current block. */
    uint32_t used;      /* Words of @block already given out. */
};

/** wf_rng_init() - Start stream number @stream of @seed */
void wf_rng_init(struct wf_rng *r, const uint64_t seed[4], uint32_t stream);

/** wf_rng_u32() - 32 random bits */
uint32_t wf_rng_u32(struct wf_rng *r);

/** wf_rng_u64() - 64 random bits, the first 32 of them the low ones */
uint64_t wf_rng_u64(struct wf_rng *r);

/** wf_rng_below() - A number in [0, @n), each equally likely; @n > 0 (asserted) */
uint32_t wf_rng_below(struct wf_rng *r, uint32_t n);

/** wf_rng_chacha20_block() - The ChaCha20 block function: @out = rounds(@in) + @in */
void wf_rng_chacha20_block(uint32_t out[16], const uint32_t in[16]);

#endif /* WF_BASE_RNG_H */
