/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"

#define ROOM 70000

static uint8_t data[ROOM], copy[ROOM];

/* The definition, byte by byte. */
static uint16_t naive(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += i % 2 == 0 ? (uint64_t)p[i] << 8 : p[i];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void fill(size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)t_random();
}

static void check_copy(const uint8_t *src, size_t to, size_t len, uint16_t want)
{
    memset(copy, 0x5a, to + len + 8);
    T_EQ(wf_csum_copy_scalar(copy + to, src, len), want);
    T_CHECK(memcmp(copy + to, src, len) == 0);
    T_CHECK((to == 0 || copy[to - 1] == 0x5a) && copy[to + len] == 0x5a);
}

static void the_example_of_rfc_1071_sums_as_printed(void)
{
    const uint8_t b[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    T_EQ(wf_csum_scalar(b, sizeof(b)), 0xddf2);
    T_EQ(wf_csum_finish(0xddf2), 0x220d);
}

static void every_length_at_every_alignment_agrees_with_the_definition(void)
{
    fill(256);
    for (size_t at = 0; at < 16; at++) {
        for (size_t len = 0; len <= 200; len++) {
            uint16_t want = naive(data + at, len);
            T_EQ(wf_csum_scalar(data + at, len), want);
            check_copy(data + at, len % 16, len, want);
        }
    }
}

static void large_blocks_agree_with_the_definition(void)
{
    fill(ROOM);
    for (int i = 0; i < 200; i++) {
        size_t at = (size_t)(t_random() % 64), len = (size_t)(t_random() % (ROOM - 128));
        uint16_t want = naive(data + at, len);
        T_EQ(wf_csum_scalar(data + at, len), want);
        check_copy(data + at, at / 3, len, want);
    }
}

static void zeros_sum_to_zero_and_ones_never_do(void)
{
    memset(data, 0, ROOM);
    T_EQ(wf_csum_scalar(data, ROOM), 0);
    memset(data, 0xff, ROOM);
    for (size_t len = 2; len < 300; len += 2)
        T_EQ(wf_csum_scalar(data, len), 0xffff);
    T_EQ(wf_csum_scalar(data, ROOM), 0xffff);
    T_EQ(wf_csum_copy_scalar(copy, data, ROOM), 0xffff);
}

static void parts_add_up_at_even_and_odd_offsets(void)
{
    fill(4096);
    for (int i = 0; i < 2000; i++) {
        size_t len = (size_t)(t_random() % 4096), cut = (size_t)(t_random() % (len + 1));
        uint16_t a = wf_csum_scalar(data, cut), b = wf_csum_scalar(data + cut, len - cut);
        T_EQ(wf_csum_add(a, cut % 2 != 0 ? wf_csum_swap(b) : b), naive(data, len));
    }
}

/* proves: IP-CSUM-01 */
static void a_changed_word_updates_the_field(void)
{
    for (int i = 0; i < 20000; i++) {
        fill(20);
        wf_st16be(data + 10, 0);
        uint16_t field = wf_csum_finish(wf_csum_scalar(data, 20));
        uint16_t now = i % 8 == 0 ? 0 : i % 8 == 1 ? 0xffff : (uint16_t)t_random();
        uint16_t then = wf_ld16be(data + 4);
        wf_st16be(data + 4, now);
        T_EQ(wf_csum_update16(field, then, now), wf_csum_finish(wf_csum_scalar(data, 20)));
    }
    /* RFC 1624, section 4: where equation 2 gives 0xffff, the right answer is 0. */
    T_EQ(wf_csum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void headers_agree_with_the_definition(void)
{
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t at = (uint32_t)(t_random() % 8), len = (uint32_t)(t_random() % 16) * 4;
        fill(128);
        if (i % 4 == 0)
            memset(data, 0xff, 128);
        T_EQ(wf_csum_fold(wf_csum_words(data + at, len)), naive(data + at, len));
    }
}

static const struct t_case cases[] = {
    {"the example of RFC 1071 sums as printed", the_example_of_rfc_1071_sums_as_printed},
    {"every length at every alignment agrees with the definition",
     every_length_at_every_alignment_agrees_with_the_definition},
    {"headers agree with the definition", headers_agree_with_the_definition},
    {"large blocks agree with the definition", large_blocks_agree_with_the_definition},
    {"zeros sum to zero and ones never do", zeros_sum_to_zero_and_ones_never_do},
    {"parts add up at even and odd offsets", parts_add_up_at_even_and_odd_offsets},
    {"a changed word updates the field", a_changed_word_updates_the_field},
};
T_MAIN(cases)
