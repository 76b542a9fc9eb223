/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "weft/cc.h"

#define MSS 1448u
#define MS  1000000ull

static struct weft_cc cc;
static uint64_t now;

static void start(uint32_t window)
{
    memset(&cc, 0, sizeof(cc));
    cc.ops = &weft_cc_cubic;
    cc.ops->init(&cc, MSS, window);
    now = 1000 * MS;
}

static void ack(uint32_t bytes, uint32_t rtt_us, bool is_limited)
{
    const struct weft_cc_ack a = {.now_ns = now,
                                  .acked = bytes,
                                  .flight = cc.cwnd,
                                  .mss = MSS,
                                  .rtt_us = rtt_us,
                                  .srtt_us = rtt_us,
                                  .min_rtt_us = rtt_us,
                                  .is_cwnd_limited = is_limited};
    cc.ops->on_ack(&cc, &a);
}

static void loss(void)
{
    const struct weft_cc_loss l = {.now_ns = now, .flight = cc.cwnd, .mss = MSS};
    cc.ops->on_loss(&cc, &l);
    cc.ops->on_recovered(&cc, now);
}

/* A round trip: an acknowledgement for each pair of segments, spread over it. */
static void round_trip(uint32_t rtt_us)
{
    uint32_t n = cc.cwnd / MSS / 2;
    uint64_t begin = now;
    for (uint32_t k = 0; k < n; k++) {
        now = begin + (uint64_t)rtt_us * 1000 * k / n;
        ack(2 * MSS, rtt_us, true);
    }
    now = begin + (uint64_t)rtt_us * 1000;
}

/* Every @every round trips the window is that of the reference, within one part in 100. */
static void follow(uint32_t from_segs, uint32_t rtt_us, uint32_t every, const uint32_t *want,
                   uint32_t n, uint32_t loss1, uint32_t loss2)
{
    start(10 * MSS);
    cc.cwnd = from_segs * MSS;
    loss();
    for (uint32_t r = 0; r < n * every; r++) {
        if (r == loss1 || r == loss2)
            loss();
        if (r % every == 0) {
            uint32_t w = want[r / every], gap = cc.cwnd > w ? cc.cwnd - w : w - cc.cwnd;
            T_CHECK(gap <= w / 100);
            if (gap > w / 100)
                T_EQ(cc.cwnd, w);
        }
        round_trip(rtt_us);
    }
}

/*
 * The numbers are from a floating-point program written from RFC 9438 alone, in segments and
 * seconds: W(t) = 0.4 (t - K)^3 + W_max, the Reno-friendly window, the target one round trip on.
 *
 * proves: TCP-CUBIC-01 TCP-CUBIC-02 TCP-CUBIC-04 TCP-CUBIC-05 TCP-CUBIC-06 TCP-CUBIC-07 MUST-19
 */
static void the_window_follows_an_independent_reference(void)
{
    const uint32_t long_fat[] = {1013600, 1241781, 1371716, 1430926, 1447239, 1448457,
                                 1462385, 1516819, 1639555, 1858381, 2201116};
    follow(1000, 100000, 20, long_fat, 11, UINT32_MAX, UINT32_MAX);
    const uint32_t small[] = {101360, 138436, 144789, 148364, 176980, 256785, 417790};
    follow(100, 100000, 20, small, 7, UINT32_MAX, UINT32_MAX);
    const uint32_t short_fat[] = {1013600, 1141816, 1241949, 1317455, 1371813, 1408497,
                                  1430982, 1442744, 1447258, 1448000, 1448443};
    follow(1000, 20000, 50, short_fat, 11, UINT32_MAX, UINT32_MAX);
    const uint32_t friendly[] = {60816, 94248, 151103, 208462, 265765, 323287, 380930};
    follow(60, 10000, 40, friendly, 7, UINT32_MAX, UINT32_MAX);
}

/* proves: TCP-CUBIC-13 */
static void two_losses_close_together_converge_fast(void)
{
    const uint32_t want[] = {1013600, 1241781, 1371716, 1001648, 806072, 849753,
                             858726,  860801,  883777,  955452,  1103606};
    follow(1000, 100000, 20, want, 11, 60, 61);
}

/* proves: TCP-CUBIC-16 TCP-CC-07 */
static void slow_start_grows_by_what_is_acknowledged(void)
{
    start(10 * MSS);
    T_EQ(cc.ssthresh, UINT32_MAX);
    for (uint32_t r = 0, want = 10 * MSS; r < 8; r++, want *= 2) {
        T_EQ(cc.cwnd, want);
        round_trip(10000);
    }
    start(10 * MSS);
    cc.ssthresh = 15 * MSS;
    ack(10 * MSS, 10000, true);
    T_CHECK(cc.cwnd >= 15 * MSS && cc.cwnd <= 16 * MSS); /* The rest counts for avoidance. */
}

/* proves: TCP-CUBIC-08 TCP-CUBIC-09 TCP-CUBIC-10 */
static void a_loss_takes_three_tenths_but_leaves_two_segments(void)
{
    start(100 * MSS);
    const struct weft_cc_loss l = {.now_ns = now, .flight = cc.cwnd, .mss = MSS};
    cc.ops->on_loss(&cc, &l);
    T_EQ(cc.ssthresh, 70 * MSS);
    cc.ops->on_recovered(&cc, now);
    T_EQ(cc.cwnd, 70 * MSS);
    start(2 * MSS);
    loss();
    T_CHECK(cc.ssthresh == 2 * MSS && cc.cwnd == 2 * MSS);
}

/* proves: TCP-CUBIC-12 */
static void a_mark_takes_three_tenths_down_to_one_segment(void)
{
    start(100 * MSS);
    const struct weft_cc_loss l = {
        .now_ns = now, .flight = cc.cwnd, .mss = MSS, .cause = WEFT_CC_ECN};
    cc.ops->on_loss(&cc, &l);
    T_CHECK(cc.cwnd == 70 * MSS && cc.ssthresh == 70 * MSS);
    while (cc.cwnd > MSS) {
        uint32_t before = cc.cwnd, down = before * 7 / 10;
        cc.ops->on_loss(&cc, &l);
        T_EQ(cc.cwnd, down > MSS ? down : MSS);
    }
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 2 * MSS);
}

/* proves: TCP-CC-15 TCP-CUBIC-14 */
static void a_timeout_leaves_one_segment_and_begins_with_k_zero(void)
{
    start(100 * MSS);
    const struct weft_cc_loss l = {.now_ns = now, .flight = cc.cwnd, .mss = MSS};
    cc.ops->on_rto(&cc, &l, true);
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 70 * MSS);
    cc.ops->on_rto(&cc, &l, false);
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 70 * MSS);
    while (cc.cwnd < cc.ssthresh) {
        now += 20 * MS;
        ack(cc.cwnd, 20000, true);
    }
    /* RFC 9438 4.8: W_max is the window here, so growth begins flat, not steep towards 100. */
    uint32_t begin = cc.cwnd;
    for (int r = 0; r < 10; r++)
        round_trip(100000);
    T_CHECK(cc.cwnd - begin <= 11 * MSS); /* Reno's at most; towards 100 it were 17. */
}

/* proves: TCP-CUBIC-11 */
static void a_window_that_is_not_used_does_not_grow(void)
{
    start(10 * MSS);
    ack(10 * MSS, 10000, false);
    T_EQ(cc.cwnd, 10 * MSS);
    loss();
    uint32_t before = cc.cwnd;
    now += 500 * MS;
    ack(5 * MSS, 10000, false);
    T_EQ(cc.cwnd, before);
}

/* proves: TCP-CUBIC-03 */
static void time_in_which_the_application_held_back_does_not_count(void)
{
    start(100 * MSS);
    loss();
    for (int r = 0; r < 5; r++)
        round_trip(20000);
    uint32_t before = cc.cwnd;
    for (int i = 0; i < 1000; i++) { /* Twenty seconds of a trickle. */
        now += 20 * MS;
        ack(MSS, 20000, false);
    }
    round_trip(20000);
    T_CHECK(cc.cwnd - before <= 4 * MSS);
}

static void idling_brings_the_window_down_to_the_restart_window(void)
{
    start(80 * MSS);
    cc.ops->on_idle(&cc, 900 * MS, 1000 * MS, 10 * MSS);
    T_EQ(cc.cwnd, 80 * MSS);
    cc.ops->on_idle(&cc, 2001 * MS, 1000 * MS, 10 * MSS);
    T_EQ(cc.cwnd, 20 * MSS);
    cc.ops->on_idle(&cc, UINT64_MAX, 1000 * MS, 10 * MSS);
    T_EQ(cc.cwnd, 10 * MSS);
}

static void a_spurious_reduction_is_undone(void)
{
    start(100 * MSS);
    cc.ssthresh = 50 * MSS;
    loss();
    cc.ops->on_undo(&cc);
    T_CHECK(cc.cwnd == 100 * MSS && cc.ssthresh >= 100 * MSS);
}

static void the_largest_windows_and_longest_times_do_not_overflow(void)
{
    start(1u << 30);
    loss();
    for (int i = 0; i < 2000; i++) {
        uint32_t before = cc.cwnd;
        now += (uint64_t)(t_random() % 1000) * MS;
        ack(1u << 20, 60000000, true);
        T_CHECK(cc.cwnd >= before && cc.cwnd <= 1u << 30);
    }
    now += 1ull << 50;
    ack(1u << 30, 1, true);
    T_EQ(cc.cwnd, 1u << 30);
}

static const struct t_case cases[] = {
    {"the window follows an independent reference", the_window_follows_an_independent_reference},
    {"two losses close together converge fast", two_losses_close_together_converge_fast},
    {"slow start grows by what is acknowledged", slow_start_grows_by_what_is_acknowledged},
    {"a loss takes three tenths but leaves two segments",
     a_loss_takes_three_tenths_but_leaves_two_segments},
    {"a mark takes three tenths down to one segment",
     a_mark_takes_three_tenths_down_to_one_segment},
    {"a timeout leaves one segment and begins with K zero",
     a_timeout_leaves_one_segment_and_begins_with_k_zero},
    {"a window that is not used does not grow", a_window_that_is_not_used_does_not_grow},
    {"time in which the application held back does not count",
     time_in_which_the_application_held_back_does_not_count},
    {"idling brings the window down to the restart window",
     idling_brings_the_window_down_to_the_restart_window},
    {"a spurious reduction is undone", a_spurious_reduction_is_undone},
    {"the largest windows and longest times do not overflow",
     the_largest_windows_and_longest_times_do_not_overflow},
};
T_MAIN(cases)
