/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "weft/cc.h"

#define MSS 1000u
#define MS  1000000ull

static struct weft_cc cc;

static void start(uint32_t window)
{
    memset(&cc, 0, sizeof(cc));
    cc.ops = &weft_cc_reno;
    cc.ops->init(&cc, MSS, window);
}

static void ack(uint32_t bytes, bool is_limited)
{
    const struct weft_cc_ack a = {
        .now_ns = 1, .acked = bytes, .flight = cc.cwnd, .mss = MSS, .is_cwnd_limited = is_limited};
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
    T_CHECK(cc.cwnd == 40 * MSS && cc.ssthresh >= 40 * MSS);
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
    {"idling longer than a timeout restarts", idling_longer_than_a_timeout_restarts},
    {"a spurious reduction is undone", a_spurious_reduction_is_undone},
    {"a mark halves down to one segment", a_mark_halves_down_to_one_segment},
    {"the window has a ceiling", the_window_has_a_ceiling},
};
T_MAIN(cases)
