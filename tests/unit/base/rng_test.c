/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"

static const uint64_t seed[4] = {1, 2, 3, 4};

static void the_block_of_rfc_8439_comes_out(void)
{
    /* RFC 8439, section 2.3.2: key 00..1f, counter 1, nonce 00:00:00:09:00:00:00:4a:00:00:00:00. */
    const uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x03020100, 0x07060504,
                             0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c,
                             0x00000001, 0x09000000, 0x4a000000, 0x00000000};
    const uint32_t want[16] = {0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3,
                               0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
                               0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
                               0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2};
    uint32_t out[16];
    wf_rng_chacha20_block(out, in);
    for (size_t i = 0; i < 16; i++)
        T_EQ(out[i], want[i]);
}

static void a_stream_is_the_key_stream_block_after_block(void)
{
    struct wf_rng r;
    const uint64_t s[4] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u, 0x1716151413121110u,
                           0x1f1e1d1c1b1a1918u};
    wf_rng_init(&r, s, 7);
    r.input[12] = UINT32_MAX; /* The counter's carry is crossed after one block. */
    for (uint32_t block = 0; block < 3; block++) {
        uint32_t in[16] = {0x61707865,         0x3320646e, 0x79622d32, 0x6b206574,
                           0x03020100,         0x07060504, 0x0b0a0908, 0x0f0e0d0c,
                           0x13121110,         0x17161514, 0x1b1a1918, 0x1f1e1d1c,
                           UINT32_MAX + block, block > 0,  7,          0};
        uint32_t want[16];
        wf_rng_chacha20_block(want, in);
        for (size_t i = 0; i < 16; i++)
            T_EQ(wf_rng_u32(&r), want[i]);
    }
}

static void streams_and_seeds_differ_and_equal_ones_repeat(void)
{
    const uint64_t other[4] = {1, 2, 3, 5};
    struct wf_rng a, b, c, d;
    wf_rng_init(&a, seed, 0);
    wf_rng_init(&b, seed, 0);
    wf_rng_init(&c, seed, 1);
    wf_rng_init(&d, other, 0);
    for (int i = 0; i < 100; i++) {
        uint64_t v = wf_rng_u64(&a);
        T_EQ(wf_rng_u64(&b), v);
        T_CHECK(wf_rng_u64(&c) != v && wf_rng_u64(&d) != v);
    }
}

static void u64_is_two_words_the_low_one_first(void)
{
    struct wf_rng a, b;
    wf_rng_init(&a, seed, 3);
    wf_rng_init(&b, seed, 3);
    uint64_t low = wf_rng_u32(&a);
    T_EQ(wf_rng_u64(&b), low | (uint64_t)wf_rng_u32(&a) << 32);
}

static void below_stays_below_and_favours_nobody(void)
{
    struct wf_rng r;
    wf_rng_init(&r, seed, 0);
    uint32_t count[6] = {0};
    for (int i = 0; i < 60000; i++) {
        uint32_t v = wf_rng_below(&r, 6);
        T_CHECK(v < 6);
        count[v % 6]++;
    }
    for (size_t i = 0; i < 6; i++)
        T_CHECK(count[i] > 9600 && count[i] < 10400); /* 4.4 standard deviations. */
    for (int i = 0; i < 100; i++) {
        T_EQ(wf_rng_below(&r, 1), 0);
        T_CHECK(wf_rng_below(&r, 0xc0000000) < 0xc0000000);
    }
}

/* 3 * 2^30 is where a plain multiplication would be worst: a third of the results twice as likely.
 */
static void below_is_even_where_the_range_does_not_divide(void)
{
    struct wf_rng r;
    wf_rng_init(&r, seed, 0);
    uint32_t multiples = 0;
    for (int i = 0; i < 30000; i++)
        multiples += wf_rng_below(&r, 0xc0000000) % 3 == 0;
    T_CHECK(multiples > 9670 && multiples < 10330);
}

static const struct t_case cases[] = {
    {"the block of RFC 8439 comes out", the_block_of_rfc_8439_comes_out},
    {"a stream is the key stream, block after block", a_stream_is_the_key_stream_block_after_block},
    {"streams and seeds differ, and equal ones repeat",
     streams_and_seeds_differ_and_equal_ones_repeat},
    {"u64 is two words, the low one first", u64_is_two_words_the_low_one_first},
    {"below stays below and favours nobody", below_stays_below_and_favours_nobody},
    {"below is even where the range does not divide",
     below_is_even_where_the_range_does_not_divide},
};
T_MAIN(cases)
