/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

/** struct sip - The four lanes */
struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static inline void sip_rounds(struct sip *s, unsigned n)
{
    while (n-- > 0) {
        s->v0 += s->v1;
        s->v1 = rotl(s->v1, 13) ^ s->v0;
        s->v0 = rotl(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotl(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotl(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotl(s->v1, 17) ^ s->v2;
        s->v2 = rotl(s->v2, 32);
    }
}

static inline void sip_absorb(struct sip *s, uint64_t word, unsigned rounds)
{
    s->v3 ^= word;
    sip_rounds(s, rounds);
    s->v0 ^= word;
}

/* SipHash-@c-@d. The length byte of the paper's last block stands alone: whole words leave no rest.
 */
static inline uint64_t sip_words(const struct wf_hash_key *key, const uint64_t *w, uint32_t n,
                                 unsigned c, unsigned d)
{
    struct sip s = {
        key->k0 ^ 0x736f6d6570736575u,
        key->k1 ^ 0x646f72616e646f6du,
        key->k0 ^ 0x6c7967656e657261u,
        key->k1 ^ 0x7465646279746573u,
    };
    for (uint32_t i = 0; i < n; i++)
        sip_absorb(&s, w[i], c);
    sip_absorb(&s, (uint64_t)n * 8 << 56, c);
    s.v2 ^= 0xff;
    sip_rounds(&s, d);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t wf_hash_words(const struct wf_hash_key *key, const uint64_t *w, uint32_t n)
{
    return sip_words(key, w, n, 1, 3);
}

uint64_t wf_hash_words24(const struct wf_hash_key *key, const uint64_t *w, uint32_t n)
{
    return sip_words(key, w, n, 2, 4);
}
