/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "weft/cc.h"
#include "weft/types.h"

#define MSS  1000u
#define MS   1000000ull
#define BASE 100000u /* us */

static struct weft_cc cc;
static uint32_t una, nxt;

static void start(uint32_t window)
{
    memset(&cc, 0, sizeof(cc));
    cc.ops = &weft_cc_vegas;
    cc.ops->init(&cc, MSS, window);
    una = 0xffffff00u;
    nxt = una + window;
}

/* A round trip of @n acknowledgements for all that is out, each with this RTT. */
static void round_of(uint32_t rtt_us, uint32_t n, bool is_limited)
{
    uint32_t window = nxt - una, from = una;
    for (uint32_t i = 1; i <= n; i++) {
        uint32_t at = from + (uint32_t)((uint64_t)window * i / n);
        if (i == n)
            nxt = at + cc.cwnd;
        const struct weft_cc_ack a = {.now_ns = MS,
                                      .acked = at - una,
                                      .flight = window,
                                      .una = at,
                                      .nxt = nxt,
                                      .mss = MSS,
                                      .rtt_us = rtt_us,
                                      .is_cwnd_limited = is_limited,
                                      .is_advance = true};
        una = at;
        cc.ops->on_ack(&cc, &a);
    }
}

/* The RTT at which @segs of the window wait: diff = cwnd (RTT - base) / RTT. */
static uint32_t rtt_for(uint32_t segs)
{
    return (uint32_t)((uint64_t)BASE * cc.cwnd / (cc.cwnd - segs * MSS)) + 1;
}

static void flat(uint32_t window)
{
    start(window);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_SSTHRESH, 1), 0);
    round_of(BASE, 20, true);
}

static void slow_start_doubles_in_every_second_round(void)
{
    start(10 * MSS);
    round_of(BASE, 10, true);
    T_EQ(cc.cwnd, 20 * MSS);
    round_of(BASE, 20, true);
    T_EQ(cc.cwnd, 20 * MSS);
    round_of(BASE, 20, true);
    T_EQ(cc.cwnd, 40 * MSS);
    round_of(BASE, 40, false);
    round_of(BASE, 40, false); /* What the application does not use does not grow. */
    T_EQ(cc.cwnd, 40 * MSS);
}

static void slow_start_ends_when_gamma_segments_wait(void)
{
    start(40 * MSS);
    round_of(BASE, 2, true); /* Too few samples to tell, but it is the base. */
    T_EQ(cc.ssthresh, UINT32_MAX);
    uint32_t window = cc.cwnd;
    round_of(BASE * 2, 8, true); /* Half of the window waits. */
    T_EQ(cc.ssthresh, cc.cwnd);
    T_CHECK(cc.cwnd <= window / 2 + MSS && cc.cwnd >= window / 2);
    start(40 * MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_GAMMA, 65000), 0);
    round_of(BASE, 40, true);
    round_of(BASE * 2, 40, true);
    T_EQ(cc.ssthresh, UINT32_MAX);
}

static void between_alpha_and_beta_the_window_stays(void)
{
    flat(50 * MSS);
    uint32_t window = cc.cwnd;
    round_of(rtt_for(1), 20, true);
    T_EQ(cc.cwnd, window + MSS);
    round_of(rtt_for(3), 20, true);
    T_EQ(cc.cwnd, window + MSS);
    round_of(rtt_for(5), 20, true);
    T_EQ(cc.cwnd, window);
    round_of(rtt_for(1), 20, false);
    T_EQ(cc.cwnd, window);
}

static void alpha_and_beta_are_parameters(void)
{
    flat(50 * MSS);
    uint32_t window = cc.cwnd;
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_BETA, 9000), 0);
    round_of(rtt_for(6), 20, true);
    T_EQ(cc.cwnd, window);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_ALPHA, 7000), 0);
    round_of(rtt_for(6), 20, true);
    T_EQ(cc.cwnd, window + MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_ALPHA, 0), -WEFT_EINVAL);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_BETA, 65001), -WEFT_EINVAL);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_A, 1000), -WEFT_EINVAL);
}

static void the_smallest_sample_of_a_round_counts(void)
{
    flat(50 * MSS);
    uint32_t window = cc.cwnd;
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_SSTHRESH, 1), 0);
    /* One short sample in a round of long ones: a single queue elsewhere, not a path that is full.
     */
    const struct weft_cc_ack a = {
        .acked = MSS, .una = una, .nxt = una + window, .mss = MSS, .rtt_us = BASE};
    cc.ops->on_ack(&cc, &a);
    round_of(BASE * 2, 20, true);
    T_EQ(cc.cwnd, window + MSS);
    for (int i = 0; i < 200; i++)
        round_of(BASE * 2, 20, true);
    T_CHECK(cc.cwnd < 9 * MSS); /* Half of it waits: 4 segments. */
    round_of(BASE * 100, 20, true);
    for (int i = 0; i < 20; i++)
        round_of(BASE * 100, 20, true);
    T_EQ(cc.cwnd,
         4 * MSS); /* Never less than what makes samples: nearly all of 4 is not above beta. */
}

static void with_too_few_samples_it_grows_like_reno(void)
{
    flat(50 * MSS);
    uint32_t window = cc.cwnd;
    for (uint32_t r = 1; r < 5; r++) {
        round_of(BASE * 3, 2, true);
        T_EQ(cc.cwnd, window + r * MSS);
    }
}

static void losses_are_answered_as_reno_does(void)
{
    flat(40 * MSS);
    uint32_t window = cc.cwnd;
    const struct weft_cc_loss l = {.flight = 40 * MSS, .mss = MSS};
    cc.ops->on_loss(&cc, &l);
    T_EQ(cc.ssthresh, 20 * MSS);
    cc.ops->on_recovered(&cc, MS);
    T_EQ(cc.cwnd, 20 * MSS);
    cc.ops->on_undo(&cc);
    T_CHECK(cc.cwnd == window && cc.ssthresh == 1);
    cc.ops->on_rto(&cc, &l, true);
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 20 * MSS);
    cc.ops->on_rto(&cc, &l, false);
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 20 * MSS);
    round_of(BASE, 1, true);
    T_EQ(cc.cwnd, 2 * MSS);
    cc.cwnd = 40 * MSS;
    cc.ops->on_idle(&cc, 1001 * MS, 1000 * MS, 10 * MSS);
    T_EQ(cc.cwnd, 10 * MSS);
    const struct weft_cc_loss mark = {.flight = 10 * MSS, .mss = MSS, .cause = WEFT_CC_ECN};
    cc.ops->on_loss(&cc, &mark);
    T_CHECK(cc.cwnd == 5 * MSS && cc.ssthresh == 5 * MSS);
}

/* A path of 20 packets' worth with a queue behind: the flow settles with 2 to 4 waiting. */
static void on_a_path_with_a_queue_it_settles_between_the_thresholds(void)
{
    start(4 * MSS);
    for (int r = 0; r < 300; r++) {
        uint32_t path = 20 * MSS;
        uint32_t rtt = cc.cwnd > path ? (uint32_t)((uint64_t)BASE * cc.cwnd / path) : BASE;
        round_of(rtt, 8, true);
    }
    T_CHECK(cc.cwnd >= 22 * MSS && cc.cwnd <= 25 * MSS);
}

static const struct t_case cases[] = {
    {"slow start doubles in every second round", slow_start_doubles_in_every_second_round},
    {"slow start ends when gamma segments wait", slow_start_ends_when_gamma_segments_wait},
    {"between alpha and beta the window stays", between_alpha_and_beta_the_window_stays},
    {"alpha and beta are parameters", alpha_and_beta_are_parameters},
    {"the smallest sample of a round counts", the_smallest_sample_of_a_round_counts},
    {"with too few samples it grows like Reno", with_too_few_samples_it_grows_like_reno},
    {"losses are answered as Reno does", losses_are_answered_as_reno_does},
    {"on a path with a queue it settles between the thresholds",
     on_a_path_with_a_queue_it_settles_between_the_thresholds},
};
T_MAIN(cases)
