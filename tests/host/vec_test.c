/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "t.h"
#include "weft/host.h"

#define OFFSETS   33
#define LEN_SMALL 300

/* RFC 1071 word for word. */
static uint16_t naive(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (i & 1) != 0 ? p[i] : (uint64_t)p[i] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* Exact-size heap blocks, so that a sanitizer sees every byte read or written beyond. */
static void check(const struct weft_vec *v, size_t src_off, size_t dst_off, size_t n, int fill)
{
    uint8_t *src = malloc(src_off + n + 1), *dst = malloc(dst_off + n + 1);
    if (src == NULL || dst == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        src[src_off + i] = fill >= 0 ? (uint8_t)fill : (uint8_t)t_random();
    dst[dst_off + n] = 0xa5;
    uint16_t want = naive(src + src_off, n);
    T_EQ(v->sum(src + src_off, n), want);
    T_EQ(v->copy_sum(dst + dst_off, src + src_off, n), want);
    T_EQ(memcmp(dst + dst_off, src + src_off, n), 0);
    memset(dst + dst_off, 0, n);
    v->copy(dst + dst_off, src + src_off, n);
    T_EQ(memcmp(dst + dst_off, src + src_off, n), 0);
    T_EQ(dst[dst_off + n], 0xa5);
    free(src);
    free(dst);
}

static void for_each_table(void (*fn)(const struct weft_vec *v))
{
    const struct weft_vec *v;
    const char *name;
    for (unsigned i = 0; (v = weft_host_vec_next(i, &name)) != NULL; i++) {
        printf("# %s\n", name);
        fn(v);
    }
}

static void every_length(const struct weft_vec *v)
{
    for (size_t n = 0; n < LEN_SMALL; n++)
        for (size_t off = 0; off < OFFSETS; off++)
            check(v, off, (off * 7) % OFFSETS, n, -1);
}

static void extremes(const struct weft_vec *v)
{
    static const size_t lens[] = {0, 1, 2, 63, 64, 65, 1448, 4096, 65535, 65536, 1 << 20};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        check(v, 0, 0, lens[i], 0);
        check(v, 1, 0, lens[i], 0xff);
        check(v, 3, 5, lens[i], -1);
    }
}

static void every_length_and_alignment_equals_the_naive_loop(void)
{
    for_each_table(every_length);
}

static void zeros_ones_and_long_blocks_equal_the_naive_loop(void)
{
    for_each_table(extremes);
}

static void the_best_table_is_one_of_the_walk(void)
{
    const struct weft_vec *v, *best = weft_host_vec();
    const char *name;
    bool is_found = false;
    for (unsigned i = 0; (v = weft_host_vec_next(i, &name)) != NULL; i++)
        is_found = is_found || v == best;
    T_CHECK(is_found);
}

static const struct t_case cases[] = {
    {"every length and alignment equals the naive loop",
     every_length_and_alignment_equals_the_naive_loop},
    {"zeros, ones and long blocks equal the naive loop",
     zeros_ones_and_long_blocks_equal_the_naive_loop},
    {"the best table is one of the walk", the_best_table_is_one_of_the_walk},
};
T_MAIN(cases)
