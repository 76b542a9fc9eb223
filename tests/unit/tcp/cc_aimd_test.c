/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "weft/cc.h"
#include "weft/types.h"

#define MSS 1000u
#define MS  1000000ull

static void start(struct weft_cc *cc, const struct weft_cc_ops *ops, uint32_t window)
{
    memset(cc, 0, sizeof(*cc));
    cc->ops = ops;
    ops->init(cc, MSS, window);
}

static void ack(struct weft_cc *cc, uint32_t bytes, bool is_limited)
{
    const struct weft_cc_ack a = {.now_ns = MS,
                                  .acked = bytes,
                                  .flight = cc->cwnd,
                                  .mss = MSS,
                                  .is_cwnd_limited = is_limited,
                                  .is_advance = true};
    cc->ops->on_ack(cc, &a);
}

static void loss(struct weft_cc *cc)
{
    const struct weft_cc_loss l = {.flight = cc->cwnd, .mss = MSS};
    cc->ops->on_loss(cc, &l);
    cc->ops->on_recovered(cc, MS);
}

/* A round trip: the whole window is acknowledged, in pieces of half a segment. */
static void round_trip(struct weft_cc *cc)
{
    uint32_t window = cc->cwnd;
    for (uint32_t at = 0; at < window; at += MSS / 2)
        ack(cc, wf_min_u32(MSS / 2, window - at), true);
}

static bool is_near(uint32_t a, uint32_t b, uint32_t gap)
{
    return (a > b ? a - b : b - a) <= gap;
}

/* In avoidance from the first acknowledgement on. */
static void start_flat(struct weft_cc *cc, const struct weft_cc_ops *ops, uint32_t window)
{
    start(cc, ops, window);
    T_EQ(ops->set(cc, WEFT_CC_PARAM_SSTHRESH, 1), 0);
    T_EQ(cc->ssthresh, 1);
}

static void additive_increase_adds_a_segments_a_round_trip(void)
{
    static const uint32_t as[] = {1, 250, 1000, 2500, 100000};
    struct weft_cc cc;
    for (size_t i = 0; i < sizeof(as) / sizeof(as[0]); i++) {
        start_flat(&cc, &weft_cc_aimd, 400 * MSS);
        T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_A, as[i]), 0);
        uint32_t before = cc.cwnd;
        for (int r = 0; r < 4; r++)
            round_trip(&cc);
        /* The window grows within the round, so a little less than a whole step each time. */
        uint32_t want = 4 * as[i] * MSS / 1000;
        T_CHECK(cc.cwnd - before <= want && cc.cwnd - before + 1 >= want - want / 8);
    }
}

static void a_loss_leaves_the_factor_b(void)
{
    struct weft_cc cc;
    start_flat(&cc, &weft_cc_aimd, 100 * MSS);
    loss(&cc);
    T_CHECK(cc.cwnd == 50 * MSS && cc.ssthresh == 50 * MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_B, 900), 0);
    loss(&cc);
    T_EQ(cc.cwnd, 45 * MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_B, 1), 0);
    loss(&cc);
    T_EQ(cc.cwnd, 2 * MSS);
}

static void a_and_b_change_while_data_flows(void)
{
    struct weft_cc cc;
    start_flat(&cc, &weft_cc_aimd, 100 * MSS);
    round_trip(&cc);
    T_CHECK(is_near(cc.cwnd, 101 * MSS, 10));
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_A, 10000), 0);
    round_trip(&cc);
    T_CHECK(is_near(cc.cwnd, 111 * MSS, MSS));
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_A, 500), 0);
    uint32_t before = cc.cwnd;
    round_trip(&cc);
    T_CHECK(is_near(cc.cwnd, before + MSS / 2, 10));
}

/* CAP-TCP-16: 7 and 1 on a link for 8, steps of 0.2, halved when the link is full. */
static void two_aimd_flows_become_equal_and_two_mimd_flows_do_not(void)
{
    const struct weft_cc_ops *const kinds[] = {&weft_cc_aimd, &weft_cc_mimd};
    for (int kind = 0; kind < 2; kind++) {
        struct weft_cc x, y;
        start_flat(&x, kinds[kind], 70 * MSS);
        start_flat(&y, kinds[kind], 10 * MSS);
        for (int r = 0; r < 400; r++) {
            if (x.cwnd + y.cwnd >= 80 * MSS) {
                loss(&x);
                loss(&y);
            }
            round_trip(&x);
            round_trip(&y);
        }
        if (kind == 0)
            T_CHECK(is_near(x.cwnd, y.cwnd, MSS));
        else
            T_CHECK(is_near(x.cwnd, 7 * y.cwnd, y.cwnd / 4));
    }
}

static void multiplicative_increase_multiplies_each_round_trip(void)
{
    struct weft_cc cc;
    start_flat(&cc, &weft_cc_mimd, 100 * MSS);
    for (uint32_t want = 100 * MSS, r = 0; r < 10; r++, want += want / 10) {
        T_CHECK(is_near(cc.cwnd, want, 10));
        round_trip(&cc);
    }
    start_flat(&cc, &weft_cc_mimd, 100 * MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_A, 2000), 0);
    round_trip(&cc);
    T_EQ(cc.cwnd, 200 * MSS);
    loss(&cc);
    T_EQ(cc.cwnd, 100 * MSS);
}

static void parameters_have_bounds(void)
{
    static const struct {
        const struct weft_cc_ops *ops;
        int param;
        uint32_t value;
        int want;
    } t[] = {
        {&weft_cc_aimd, WEFT_CC_PARAM_A, 0, -WEFT_EINVAL},
        {&weft_cc_aimd, WEFT_CC_PARAM_A, 100000, 0},
        {&weft_cc_aimd, WEFT_CC_PARAM_A, 100001, -WEFT_EINVAL},
        {&weft_cc_aimd, WEFT_CC_PARAM_B, 0, -WEFT_EINVAL},
        {&weft_cc_aimd, WEFT_CC_PARAM_B, 999, 0},
        {&weft_cc_aimd, WEFT_CC_PARAM_B, 1000, -WEFT_EINVAL},
        {&weft_cc_aimd, WEFT_CC_PARAM_SSTHRESH, 0, -WEFT_EINVAL},
        {&weft_cc_aimd, WEFT_CC_PARAM_SSTHRESH, UINT32_MAX, 0},
        {&weft_cc_aimd, WEFT_CC_PARAM_ALPHA, 2000, -WEFT_EINVAL},
        {&weft_cc_mimd, WEFT_CC_PARAM_A, 1000, -WEFT_EINVAL},
        {&weft_cc_mimd, WEFT_CC_PARAM_A, 1001, 0},
        {&weft_cc_mimd, WEFT_CC_PARAM_A, 2000, 0},
        {&weft_cc_mimd, WEFT_CC_PARAM_A, 2001, -WEFT_EINVAL},
    };
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        struct weft_cc cc, before;
        start(&cc, t[i].ops, 10 * MSS);
        before = cc;
        T_EQ(cc.ops->set(&cc, t[i].param, t[i].value), t[i].want);
        if (t[i].want != 0)
            T_EQ(memcmp(&cc, &before, sizeof(cc)), 0);
    }
}

static void it_begins_like_any_tcp_and_restarts_after_a_timeout(void)
{
    struct weft_cc cc;
    start(&cc, &weft_cc_aimd, 10 * MSS);
    round_trip(&cc);
    T_EQ(cc.cwnd, 20 * MSS);
    ack(&cc, 10 * MSS, true); /* At most two segments for one acknowledgement ... */
    T_EQ(cc.cwnd, 22 * MSS);
    ack(&cc, 10 * MSS, false);
    T_EQ(cc.cwnd, 22 * MSS);
    const struct weft_cc_loss l = {.flight = cc.cwnd, .mss = MSS};
    cc.ops->on_rto(&cc, &l, true);
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 11 * MSS);
    cc.ops->on_rto(&cc, &l, false);
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 11 * MSS);
    ack(&cc, 10 * MSS, true); /* ... and one after a timeout. */
    T_EQ(cc.cwnd, 2 * MSS);
    cc.ops->on_undo(&cc);
    T_CHECK(cc.cwnd == 22 * MSS && cc.ssthresh == UINT32_MAX);
    cc.ops->on_idle(&cc, 1001 * MS, 1000 * MS, 10 * MSS);
    T_EQ(cc.cwnd, 10 * MSS);
    const struct weft_cc_loss mark = {.flight = cc.cwnd, .mss = MSS, .cause = WEFT_CC_ECN};
    cc.ops->on_loss(&cc, &mark);
    T_CHECK(cc.cwnd == 5 * MSS && cc.ssthresh == 5 * MSS);
}

static void the_window_has_a_ceiling(void)
{
    const struct weft_cc_ops *const kinds[] = {&weft_cc_aimd, &weft_cc_mimd};
    for (int kind = 0; kind < 2; kind++) {
        struct weft_cc cc;
        start_flat(&cc, kinds[kind], 1u << 30);
        T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_A, 2000), 0);
        for (int i = 0; i < 5; i++)
            ack(&cc, 1u << 30, true);
        T_EQ(cc.cwnd, 1u << 30);
    }
}

static const struct t_case cases[] = {
    {"additive increase adds a segments a round trip",
     additive_increase_adds_a_segments_a_round_trip},
    {"a loss leaves the factor b", a_loss_leaves_the_factor_b},
    {"a and b change while data flows", a_and_b_change_while_data_flows},
    {"two AIMD flows become equal, and two MIMD flows do not",
     two_aimd_flows_become_equal_and_two_mimd_flows_do_not},
    {"multiplicative increase multiplies each round trip",
     multiplicative_increase_multiplies_each_round_trip},
    {"parameters have bounds", parameters_have_bounds},
    {"it begins like any TCP and restarts after a timeout",
     it_begins_like_any_tcp_and_restarts_after_a_timeout},
    {"the window has a ceiling", the_window_has_a_ceiling},
};
T_MAIN(cases)
