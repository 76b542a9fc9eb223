/* SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "t.h"

static void order_holds_across_the_wrap(void)
{
    for (int i = 0; i < 10000; i++) {
        struct tcp_seq a = wf_seq((uint32_t)t_random());
        uint32_t d = 1 + (uint32_t)(t_random() % 0x7fffffff);
        struct tcp_seq b = wf_seq_add(a, d);
        T_CHECK(wf_seq_lt(a, b) && wf_seq_leq(a, b) && !wf_seq_gt(a, b) && !wf_seq_geq(a, b));
        T_CHECK(wf_seq_gt(b, a) && wf_seq_geq(b, a) && !wf_seq_lt(b, a) && !wf_seq_leq(b, a));
        T_CHECK(!wf_seq_eq(a, b));
        T_EQ((int64_t)wf_seq_diff(b, a), d);
        T_EQ((int64_t)wf_seq_diff(a, b), -(int64_t)d);
        T_CHECK(wf_seq_eq(wf_seq_max(a, b), b) && wf_seq_eq(wf_seq_max(b, a), b));
        T_CHECK(wf_seq_eq(wf_seq_min(a, b), a) && wf_seq_eq(wf_seq_min(b, a), a));
        T_CHECK(wf_seq_eq(wf_seq_sub(b, d), a));
    }
}

static void a_number_equals_itself(void)
{
    struct tcp_seq a = wf_seq(0xffffffff);
    T_CHECK(wf_seq_eq(a, a) && wf_seq_leq(a, a) && wf_seq_geq(a, a));
    T_CHECK(!wf_seq_lt(a, a) && !wf_seq_gt(a, a));
    T_EQ(wf_seq_add(a, 1).v, 0);
    T_EQ(wf_seq_sub(wf_seq(0), 1).v, 0xffffffff);
}

static void a_range_has_its_start_but_not_its_end(void)
{
    const uint32_t starts[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < WF_ARRAY_LEN(starts); i++) {
        struct tcp_seq from = wf_seq(starts[i]), to = wf_seq_add(from, 3);
        T_CHECK(!wf_seq_in(wf_seq_sub(from, 1), from, to));
        T_CHECK(wf_seq_in(from, from, to));
        T_CHECK(wf_seq_in(wf_seq_sub(to, 1), from, to));
        T_CHECK(!wf_seq_in(to, from, to));
        T_CHECK(!wf_seq_in(from, from, from));
    }
}

static const struct t_case cases[] = {
    {"order holds across the wrap", order_holds_across_the_wrap},
    {"a number equals itself", a_number_equals_itself},
    {"a range has its start but not its end", a_range_has_its_start_but_not_its_end},
};
T_MAIN(cases)
