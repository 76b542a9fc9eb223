/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <string.h>

#include "base/base.h"

static inline uint32_t rotl(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static inline void quarter_round(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b];
    x[d] = rotl(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotl(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotl(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotl(x[b] ^ x[c], 7);
}

void wf_rng_chacha20_block(uint32_t out[16], const uint32_t in[16])
{
    memcpy(out, in, 16 * sizeof(out[0]));
    for (int i = 0; i < 10; i++) {
        quarter_round(out, 0, 4, 8, 12); /* Columns. */
        quarter_round(out, 1, 5, 9, 13);
        quarter_round(out, 2, 6, 10, 14);
        quarter_round(out, 3, 7, 11, 15);
        quarter_round(out, 0, 5, 10, 15); /* Diagonals. */
        quarter_round(out, 1, 6, 11, 12);
        quarter_round(out, 2, 7, 8, 13);
        quarter_round(out, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++)
        out[i] += in[i];
}

void wf_rng_init(struct wf_rng *r, const uint64_t seed[4], uint32_t stream)
{
    *r = (struct wf_rng){.input = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}};
    for (int i = 0; i < 4; i++) {
        r->input[4 + 2 * i] = (uint32_t)seed[i];
        r->input[5 + 2 * i] = (uint32_t)(seed[i] >> 32);
    }
    r->input[14] = stream;
    r->used = WF_ARRAY_LEN(r->block); /* The first block is made by the first draw. */
}

uint32_t wf_rng_u32(struct wf_rng *r)
{
    if (r->used == WF_ARRAY_LEN(r->block)) {
        wf_rng_chacha20_block(r->block, r->input);
        if (++r->input[12] == 0)
            r->input[13]++;
        r->used = 0;
    }
    return r->block[r->used++];
}

uint64_t wf_rng_u64(struct wf_rng *r)
{
    uint64_t low = wf_rng_u32(r);
    return (uint64_t)wf_rng_u32(r) << 32 | low;
}

/* Lemire's multiplication: the high half is the result; the few low halves that would make some
 * results likelier than others are drawn again. */
uint32_t wf_rng_below(struct wf_rng *r, uint32_t n)
{
    WF_ASSERT(n > 0);
    uint64_t m = (uint64_t)wf_rng_u32(r) * n;
    if ((uint32_t)m < n) {
        uint32_t surplus = (0 - n) % n;
        while ((uint32_t)m < surplus)
            m = (uint64_t)wf_rng_u32(r) * n;
    }
    return (uint32_t)(m >> 32);
}
