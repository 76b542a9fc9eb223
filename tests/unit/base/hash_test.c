/* SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "t.h"

/* Bytes 00 01 02 ... as the words that a little-endian machine would load. */
static const uint64_t counting[] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u, 0x1716151413121110u,
                                    0x1f1e1d1c1b1a1918u};

static void siphash_2_4_gives_the_published_vectors(void)
{
    /* Reference implementation, vectors_sip64, lengths 0, 8; key 00 .. 0f. */
    const struct wf_hash_key key = {counting[0], counting[1]};
    T_EQ(wf_hash_words24(&key, counting, 0), 0x726fdb47dd0e0e31u);
    T_EQ(wf_hash_words24(&key, counting, 1), 0x93f5f5799a932462u);
}

static void siphash_1_3_gives_what_cpython_gives(void)
{
    /* PYTHONHASHSEED=0 (a key of zero), hash(bytes(range(8 * n))), CPython 3.11. */
    const struct wf_hash_key key = {0, 0};
    T_EQ(wf_hash_words(&key, counting, 1), 0xead411e67ebe2eeau);
    T_EQ(wf_hash_words(&key, counting, 3), 0x31185a47af932f3au);
}

static void every_bit_of_key_and_input_matters(void)
{
    const struct wf_hash_key key = {11, 12};
    uint64_t base13 = wf_hash_words(&key, counting, 4);
    uint64_t base24 = wf_hash_words24(&key, counting, 4);
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t flip = (uint64_t)1 << bit;
        const struct wf_hash_key other0 = {11 ^ flip, 12}, other1 = {11, 12 ^ flip};
        T_CHECK(wf_hash_words(&other0, counting, 4) != base13);
        T_CHECK(wf_hash_words(&other1, counting, 4) != base13);
        for (unsigned i = 0; i < 4; i++) {
            uint64_t w[4] = {counting[0], counting[1], counting[2], counting[3]};
            w[i] ^= flip;
            T_CHECK(wf_hash_words(&key, w, 4) != base13);
            T_CHECK(wf_hash_words24(&key, w, 4) != base24);
        }
    }
}

static void zero_words_of_different_number_differ(void)
{
    const struct wf_hash_key key = {0, 0};
    const uint64_t zero[2] = {0, 0};
    T_CHECK(wf_hash_words(&key, zero, 1) != wf_hash_words(&key, zero, 2));
    T_CHECK(wf_hash_words(&key, zero, 0) != wf_hash_words(&key, zero, 1));
}

static const struct t_case cases[] = {
    {"SipHash-2-4 gives the published vectors", siphash_2_4_gives_the_published_vectors},
    {"SipHash-1-3 gives what CPython gives", siphash_1_3_gives_what_cpython_gives},
    {"every bit of key and input matters", every_bit_of_key_and_input_matters},
    {"zero words of different number differ", zero_words_of_different_number_differ},
};
T_MAIN(cases)
