/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim rng - xoshiro256** (Blackman and Vigna, 2018), fast and repeatable, never secret
 *
 * A generator is seeded by a number and a name, so that each link and each scenario draws from a
 * sequence of its own.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

/** struct sim_rng - State of a generator */
struct sim_rng {
    uint64_t s[4];
};

/** sim_mix() - Scatter the bits of a number (the finalizer of splitmix64) */
static inline uint64_t sim_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline uint64_t sim_rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

/** sim_rng_seed() - Start the sequence of a number, a name and a branch */
static inline void sim_rng_seed(struct sim_rng *r, uint64_t seed, const char *name, uint64_t branch)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a of the name. */
    for (; *name != '\0'; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    uint64_t x = sim_mix(seed) ^ sim_mix(h + branch);
    for (unsigned i = 0; i < 4; i++) {
        x = sim_mix(x + i);
        r->s[i] = x;
    }
}

/** sim_rng_next() - The next 64 bits */
static inline uint64_t sim_rng_next(struct sim_rng *r)
{
    uint64_t out = sim_rotl(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = sim_rotl(r->s[3], 45);
    return out;
}

/** sim_rng_below() - A number below @n; 0 for @n = 0 (the bias of the remainder is of no concern)
 */
static inline uint64_t sim_rng_below(struct sim_rng *r, uint64_t n)
{
    return n == 0 ? 0 : sim_rng_next(r) % n;
}

/** sim_rng_range() - A number in @lo..@hi */
static inline uint64_t sim_rng_range(struct sim_rng *r, uint64_t lo, uint64_t hi)
{
    return lo + sim_rng_below(r, hi - lo + 1);
}

/** sim_rng_chance() - True @ppm times in a million; draws nothing when that is never */
static inline bool sim_rng_chance(struct sim_rng *r, uint32_t ppm)
{
    return ppm != 0 && sim_rng_below(r, 1000000) < ppm;
}

#endif /* SIM_RNG_H */
