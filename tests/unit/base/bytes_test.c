/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"

static void loads_read_the_most_significant_byte_first(void)
{
    const uint8_t b[] = {0xff, 0x81, 0x02, 0xf3, 0x04};
    T_EQ(wf_ld16be(b), 0xff81);
    T_EQ(wf_ld16be(b + 1), 0x8102);
    T_EQ(wf_ld32be(b), 0xff8102f3);
    T_EQ(wf_ld32be(b + 1), 0x8102f304);
}

static void stores_are_the_inverse_and_touch_no_neighbour(void)
{
    for (int i = 0; i < 1000; i++) {
        uint8_t b[8];
        memset(b, 0xa5, sizeof(b));
        uint32_t v = (uint32_t)t_random();
        wf_st32be(b + 1, v);
        T_EQ(wf_ld32be(b + 1), v);
        wf_st16be(b + 6, (uint16_t)v);
        T_EQ(wf_ld16be(b + 6), (uint16_t)v);
        T_CHECK(b[0] == 0xa5 && b[5] == 0xa5);
    }
}

struct holder {
    uint32_t first;
    struct wf_list link;
};

static void small_helpers_are_right_at_their_edges(void)
{
    struct holder object;
    T_CHECK(WF_CONTAINER_OF(&object.link, struct holder, link) == &object);
    T_EQ(WF_ALIGN_UP(0u, 16u), 0);
    T_EQ(WF_ALIGN_UP(1u, 16u), 16);
    T_EQ(WF_ALIGN_UP(16u, 16u), 16);
    T_EQ(WF_ALIGN_UP((uint64_t)1 << 40 | 1, (uint64_t)4096), ((uint64_t)1 << 40) + 4096);
    T_EQ(wf_min_u32(UINT32_MAX, 0), 0);
    T_EQ(wf_max_u32(UINT32_MAX, 0), UINT32_MAX);
    T_EQ(wf_min_u64(UINT64_MAX, 7), 7);
    T_EQ(wf_max_u64(UINT64_MAX, 7), UINT64_MAX);
}

static const struct t_case cases[] = {
    {"loads read the most significant byte first", loads_read_the_most_significant_byte_first},
    {"stores are the inverse and touch no neighbour",
     stores_are_the_inverse_and_touch_no_neighbour},
    {"small helpers are right at their edges", small_helpers_are_right_at_their_edges},
};
T_MAIN(cases)
