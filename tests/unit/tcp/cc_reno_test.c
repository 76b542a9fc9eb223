/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "weft/cc.h"
#include "weft/types.h"

#define MSS 1000u
#define MS  1000000ull

static struct weft_cc cc;

static void start_with(const struct weft_cc_ops *ops, uint32_t window)
{
    memset(&cc, 0, sizeof(cc));
    cc.ops = ops;
    cc.ops->init(&cc, MSS, window);
}

static void start(uint32_t window)
{
    start_with(&weft_cc_reno, window);
}

static void ack(uint32_t bytes, bool is_limited)
{
    const struct weft_cc_ack a = {.now_ns = 1,
                                  .acked = bytes,
                                  .flight = cc.cwnd,
                                  .mss = MSS,
                                  .is_cwnd_limited = is_limited,
                                  .is_advance = true};
    cc.ops->on_ack(&cc, &a);
}

static void lose(uint32_t flight, bool has_sack)
{
    const struct weft_cc_loss l = {.flight = flight, .mss = MSS, .has_sack = has_sack};
    cc.ops->on_loss(&cc, &l);
}

/* In fast recovery: a duplicate, or a partial acknowledgement of so many bytes. */
static void recovering(uint32_t bytes, bool is_advance, uint32_t newly_lost)
{
    const struct weft_cc_ack a = {.now_ns = 1,
                                  .acked = bytes,
                                  .newly_lost = newly_lost,
                                  .mss = MSS,
                                  .is_cwnd_limited = true,
                                  .is_recovering = true,
                                  .is_advance = is_advance};
    cc.ops->on_ack(&cc, &a);
}

/* proves: TCP-CC-07 */
static void slow_start_doubles_a_round_trip(void)
{
    start(10 * MSS);
    T_EQ(cc.ssthresh, UINT32_MAX);
    for (int i = 0; i < 10; i++)
        ack(MSS, true);
    T_EQ(cc.cwnd, 20 * MSS);
    ack(300, true); /* Small segments grow it by what they carry. */
    T_EQ(cc.cwnd, 20 * MSS + 300);
    ack(MSS, false);
    T_EQ(cc.cwnd, 20 * MSS + 300);
}

/* proves: TCP-CC-10 TCP-CC-11 TCP-ABC-04 */
static void avoidance_adds_a_segment_for_a_window_of_bytes(void)
{
    start(10 * MSS);
    cc.ssthresh = 5 * MSS;
    for (uint32_t segs = 10; segs < 40; segs++) {
        for (uint32_t i = 0; i < 2 * segs; i++) {
            T_EQ(cc.cwnd, segs * MSS);
            ack(MSS / 2, true);
        }
        T_EQ(cc.cwnd, (segs + 1) * MSS);
    }
}

/* proves: TCP-CC-08 TCP-CC-13 TCP-CC-29 */
static void a_loss_halves_what_is_in_flight(void)
{
    start(40 * MSS);
    struct weft_cc_loss l = {.flight = 30 * MSS, .mss = MSS};
    cc.ops->on_loss(&cc, &l);
    T_EQ(cc.ssthresh, 15 * MSS);
    cc.ops->on_recovered(&cc, 5);
    T_EQ(cc.cwnd, 15 * MSS);
    l.flight = MSS;
    cc.ops->on_loss(&cc, &l);
    T_EQ(cc.ssthresh, 2 * MSS);
}

/* proves: TCP-CC-13 TCP-CC-15 */
static void a_timeout_leaves_one_segment(void)
{
    start(40 * MSS);
    struct weft_cc_loss l = {.flight = 40 * MSS, .mss = MSS};
    cc.ops->on_rto(&cc, &l, true);
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 20 * MSS);
    l.flight = MSS;
    cc.ops->on_rto(&cc, &l, false); /* The same segment again. */
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 20 * MSS);
}

/* proves: TCP-ABC-01 TCP-ABC-02 TCP-ABC-03 TCP-CC-09 */
static void an_acknowledgement_adds_at_most_l_segments_in_slow_start(void)
{
    start(10 * MSS);
    ack(7 * MSS, true);
    T_EQ(cc.cwnd, 12 * MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_LIMIT, 1), 0);
    ack(7 * MSS, true);
    T_EQ(cc.cwnd, 13 * MSS);
    ack(MSS / 2, true);
    T_EQ(cc.cwnd, 13 * MSS + MSS / 2);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_LIMIT, 2), 0);
    const struct weft_cc_loss l = {.flight = 40 * MSS, .mss = MSS};
    cc.ops->on_rto(&cc, &l, true); /* What is acknowledged then may have arrived long before. */
    for (uint32_t segs = 1; segs < 20; segs++) {
        T_EQ(cc.cwnd, segs * MSS);
        ack(7 * MSS, true);
    }
    T_EQ(cc.cwnd, 20 * MSS);
    ack(20 * MSS, true); /* Congestion avoidance; a slow start after a pause is an ordinary one. */
    cc.cwnd = 4 * MSS;
    ack(7 * MSS, true);
    T_EQ(cc.cwnd, 6 * MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_LIMIT, 3), -WEFT_EINVAL);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_LIMIT, 0), -WEFT_EINVAL);
}

static void slow_start_stops_at_the_threshold(void)
{
    start(10 * MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_SSTHRESH, 11 * MSS + 1), 0);
    T_EQ(cc.ssthresh, 11 * MSS + 1);
    ack(2 * MSS, true);
    T_EQ(cc.cwnd, 11 * MSS + 1);
    ack(2 * MSS, true);
    T_EQ(cc.cwnd, 11 * MSS + 1);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_SSTHRESH, 0), -WEFT_EINVAL);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_ALPHA, 1000), -WEFT_EINVAL);
}

/* proves: TCP-CC-22 TCP-CC-23 TCP-CC-24 */
static void duplicates_inflate_the_window_of_fast_recovery(void)
{
    start(20 * MSS);
    lose(20 * MSS, false);
    T_CHECK(cc.ssthresh == 10 * MSS && cc.cwnd == 13 * MSS);
    recovering(MSS, false, MSS); /* The third one: it is among the three. */
    T_EQ(cc.cwnd, 13 * MSS);
    for (uint32_t n = 1; n <= 16; n++) {
        recovering(MSS, false, 0);
        T_EQ(cc.cwnd, (13 + n) * MSS);
    }
    cc.ops->on_recovered(&cc, 5);
    T_EQ(cc.cwnd, 10 * MSS);
    start(4 * MSS);
    lose(4 * MSS, false);
    for (int i = 0; i < 100; i++) /* A receiver cannot say more than was in flight. */
        recovering(MSS, false, 0);
    T_EQ(cc.cwnd, 9 * MSS);
}

static void how_much_it_begins_with_is_a_parameter(void)
{
    for (uint32_t n = 0; n <= 3; n++) {
        start(20 * MSS);
        T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_INFLATE, n), 0);
        lose(20 * MSS, false);
        T_EQ(cc.cwnd, (10 + n) * MSS);
    }
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_INFLATE, 4), -WEFT_EINVAL);
    start_with(&weft_cc_tahoe, 20 * MSS);
    T_EQ(cc.ops->set(&cc, WEFT_CC_PARAM_INFLATE, 1), -WEFT_EINVAL);
}

static void with_sack_nothing_is_inflated(void)
{
    start_with(&weft_cc_newreno, 20 * MSS);
    lose(20 * MSS, true);
    T_CHECK(cc.ssthresh == 10 * MSS && cc.cwnd == 10 * MSS);
    recovering(MSS, false, 0);
    recovering(5 * MSS, true, MSS);
    T_EQ(cc.cwnd, 10 * MSS);
    cc.ops->on_recovered(&cc, 5);
    T_EQ(cc.cwnd, 10 * MSS);
}

/* proves: TCP-NR-02 TCP-NR-03 */
static void a_partial_acknowledgement_deflates(void)
{
    start_with(&weft_cc_newreno, 20 * MSS);
    lose(20 * MSS, false);
    for (int n = 0; n < 10; n++)
        recovering(MSS, false, 0);
    T_EQ(cc.cwnd, 23 * MSS);
    recovering(8 * MSS, true, MSS);
    T_EQ(cc.cwnd, 16 * MSS);
    recovering(MSS / 2, true, MSS); /* Less than a segment: nothing is added back. */
    T_EQ(cc.cwnd, 15 * MSS + MSS / 2);
    recovering(100 * MSS, true, MSS);
    T_EQ(cc.cwnd, MSS);
    cc.ops->on_recovered(&cc, 5);
    T_EQ(cc.cwnd, 10 * MSS);
}

static void tahoe_begins_again_with_one_segment(void)
{
    start_with(&weft_cc_tahoe, 20 * MSS);
    T_EQ(cc.ops->recovery, WEFT_CC_RECOVERY_NONE);
    lose(20 * MSS, false);
    T_CHECK(cc.ssthresh == 10 * MSS && cc.cwnd == MSS);
    for (int i = 0; i < 9; i++)
        ack(MSS, true);
    T_EQ(cc.cwnd, 10 * MSS);
    ack(MSS, true);
    T_EQ(cc.cwnd, 10 * MSS);
    cc.ops->on_recovered(&cc, 5);
    T_EQ(cc.cwnd, 10 * MSS);
    const struct weft_cc_loss mark = {.flight = 10 * MSS, .mss = MSS, .cause = WEFT_CC_ECN};
    cc.ops->on_loss(&cc, &mark); /* Nothing was lost. */
    T_CHECK(cc.ssthresh == 5 * MSS && cc.cwnd == 5 * MSS);
}

/* RFC 5681 3.2, RFC 3042: growth is for what moves SND.UNA. */
static void what_arrives_behind_a_gap_does_not_grow_the_window(void)
{
    start(10 * MSS);
    const struct weft_cc_ack a = {.acked = MSS, .mss = MSS, .is_cwnd_limited = true};
    cc.ops->on_ack(&cc, &a);
    T_EQ(cc.cwnd, 10 * MSS);
}

static void a_timeout_in_fast_recovery_remembers_the_window_not_its_inflation(void)
{
    start(20 * MSS);
    lose(20 * MSS, false);
    recovering(MSS, false, 0);
    const struct weft_cc_loss l = {.flight = 18 * MSS, .mss = MSS};
    cc.ops->on_rto(&cc, &l, true);
    T_CHECK(cc.ssthresh == 9 * MSS && cc.cwnd == MSS);
    cc.ops->on_undo(&cc);
    T_CHECK(cc.ssthresh == 10 * MSS && cc.cwnd == 10 * MSS);
}

static void idling_longer_than_a_timeout_restarts(void)
{
    start(40 * MSS);
    cc.ops->on_idle(&cc, 1000 * MS, 1000 * MS, 10 * MSS);
    T_EQ(cc.cwnd, 40 * MSS);
    cc.ops->on_idle(&cc, 1001 * MS, 1000 * MS, 10 * MSS);
    T_EQ(cc.cwnd, 10 * MSS);
    cc.cwnd = 3 * MSS;
    cc.ops->on_idle(&cc, 1001 * MS, 1000 * MS, 10 * MSS);
    T_EQ(cc.cwnd, 3 * MSS);
}

static void a_spurious_reduction_is_undone(void)
{
    start(40 * MSS);
    const struct weft_cc_loss l = {.flight = 40 * MSS, .mss = MSS};
    cc.ops->on_loss(&cc, &l);
    cc.ops->on_recovered(&cc, 5);
    cc.ops->on_undo(&cc);
    T_CHECK(cc.cwnd == 40 * MSS && cc.ssthresh == UINT32_MAX);
    lose(40 * MSS, false); /* Also while it is inflated. */
    cc.ops->on_undo(&cc);
    T_CHECK(cc.cwnd == 40 * MSS && cc.ssthresh == UINT32_MAX);
}

static void a_mark_halves_down_to_one_segment(void)
{
    struct weft_cc_loss l = {.flight = 40 * MSS, .mss = MSS, .cause = WEFT_CC_ECN};
    start(40 * MSS);
    cc.ops->on_loss(&cc, &l);
    T_CHECK(cc.cwnd == 20 * MSS && cc.ssthresh == 20 * MSS);
    for (l.flight = cc.cwnd; cc.cwnd > MSS; l.flight = cc.cwnd) {
        uint32_t before = cc.cwnd;
        cc.ops->on_loss(&cc, &l);
        T_EQ(cc.cwnd, before / 2 > MSS ? before / 2 : MSS);
    }
    T_CHECK(cc.cwnd == MSS && cc.ssthresh == 2 * MSS);
}

static void the_window_has_a_ceiling(void)
{
    start(1u << 30);
    ack(1u << 30, true);
    T_EQ(cc.cwnd, 1u << 30);
    cc.ssthresh = MSS;
    for (int i = 0; i < 5; i++)
        ack(1u << 30, true);
    T_EQ(cc.cwnd, 1u << 30);
}

static const struct t_case cases[] = {
    {"slow start doubles a round trip", slow_start_doubles_a_round_trip},
    {"avoidance adds a segment for a window of bytes",
     avoidance_adds_a_segment_for_a_window_of_bytes},
    {"a loss halves what is in flight", a_loss_halves_what_is_in_flight},
    {"a timeout leaves one segment", a_timeout_leaves_one_segment},
    {"an acknowledgement adds at most L segments in slow start",
     an_acknowledgement_adds_at_most_l_segments_in_slow_start},
    {"slow start stops at the threshold", slow_start_stops_at_the_threshold},
    {"duplicates inflate the window of fast recovery",
     duplicates_inflate_the_window_of_fast_recovery},
    {"how much it begins with is a parameter", how_much_it_begins_with_is_a_parameter},
    {"with SACK nothing is inflated", with_sack_nothing_is_inflated},
    {"a partial acknowledgement deflates", a_partial_acknowledgement_deflates},
    {"Tahoe begins again with one segment", tahoe_begins_again_with_one_segment},
    {"what arrives behind a gap does not grow the window",
     what_arrives_behind_a_gap_does_not_grow_the_window},
    {"a timeout in fast recovery remembers the window, not its inflation",
     a_timeout_in_fast_recovery_remembers_the_window_not_its_inflation},
    {"idling longer than a timeout restarts", idling_longer_than_a_timeout_restarts},
    {"a spurious reduction is undone", a_spurious_reduction_is_undone},
    {"a mark halves down to one segment", a_mark_halves_down_to_one_segment},
    {"the window has a ceiling", the_window_has_a_ceiling},
};
T_MAIN(cases)
