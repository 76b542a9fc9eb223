/* SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "t.h"
#include "tcp/pace.h"

#define MSS 1000u

static void the_rate_comes_from_the_window(void)
{
    /* 100,000 bytes in 50 ms are 2 MB/s: twice that while it doubles, 1.2 times after that. */
    struct pace_in in = {
        .cwnd = 100000, .window = 100000, .ssthresh = UINT32_MAX, .srtt_us = 50000};
    T_EQ(wf_pace_rate(&in), 4000000);
    in.ssthresh = 100000;
    T_EQ(wf_pace_rate(&in), 2400000);
    in.window = 50000; /* PRR's. */
    T_EQ(wf_pace_rate(&in), 1200000);
    in.max_Bps = 1000000;
    T_EQ(wf_pace_rate(&in), 1000000);
    in.cc_Bps = 7000000;
    T_EQ(wf_pace_rate(&in), 1000000);
    in.max_Bps = 0;
    T_EQ(wf_pace_rate(&in), 7000000);
}

static void without_a_round_trip_only_the_limit_holds(void)
{
    struct pace_in in = {.cwnd = 100000, .window = 100000};
    T_EQ(wf_pace_rate(&in), 0);
    in.max_Bps = 5000;
    T_EQ(wf_pace_rate(&in), 5000);
}

static void extremes_do_not_overflow(void)
{
    struct pace_in in = {
        .cwnd = 1u << 30, .window = UINT32_MAX, .ssthresh = UINT32_MAX, .srtt_us = 1};
    T_EQ(wf_pace_rate(&in), (uint64_t)UINT32_MAX * 2000000);
    in = (struct pace_in){.cwnd = 1, .window = 1, .ssthresh = 1, .srtt_us = UINT32_MAX};
    T_EQ(wf_pace_rate(&in), 1); /* Never none at all. */
    T_EQ(wf_pace_next(0, UINT64_MAX / 2, UINT64_MAX, UINT32_MAX), UINT64_MAX / 2);
    uint64_t hour = 3600ull * 1000000000;
    T_EQ(wf_pace_next(5, 0, 1, UINT32_MAX), 5 + hour);
    T_EQ(wf_pace_burst(UINT64_MAX, 1460, 64240), 64240);
}

static void a_packet_is_a_millisecond(void)
{
    T_EQ(wf_pace_burst(0, MSS, 44 * MSS), 44 * MSS);
    T_EQ(wf_pace_burst(1, MSS, 44 * MSS), 2 * MSS);
    T_EQ(wf_pace_burst(2000000, MSS, 44 * MSS), 2 * MSS);
    T_EQ(wf_pace_burst(2999999, MSS, 44 * MSS), 2 * MSS);
    T_EQ(wf_pace_burst(3000000, MSS, 44 * MSS), 3 * MSS);
    T_EQ(wf_pace_burst(1250000000, MSS, 44 * MSS), 44 * MSS);
    T_EQ(wf_pace_burst(3000000, MSS, MSS), MSS); /* The link has the last word. */
}

static void gaps_add_up_to_the_rate(void)
{
    /* 1 MB/s: a kilobyte takes a millisecond. */
    T_EQ(wf_pace_next(0, 1000000000, 1000000, 1000), 1000500000);          /* After a pause. */
    T_EQ(wf_pace_next(1000000000, 1000000000, 1000000, 1000), 1001000000); /* In time. */
    T_EQ(wf_pace_next(1000000000, 1000016000, 1000000, 1000), 1001000000); /* A tick late. */
    T_EQ(wf_pace_next(1000000000, 1000400000, 1000000, 1000), 1001000000);
    T_EQ(wf_pace_next(1000000000, 1000800000, 1000000, 1000), 1001300000); /* Half caught up. */
    T_EQ(wf_pace_next(1000500000, 1000000000, 1000000, 1000), 1001500000); /* A probe between. */
    uint64_t due = 0, at = 1000000000, bytes = 0;
    for (; at < 2000000000; at = (due + 15999) / 16000 * 16000 + t_random() % 3 * 16000) {
        due = wf_pace_next(due, at, 3000000, 1460);
        bytes += 1460;
    }
    T_CHECK(bytes > 2990000 && bytes < 3004000);
}

static const struct t_case cases[] = {
    {"the rate comes from the window", the_rate_comes_from_the_window},
    {"without a round trip only the limit holds", without_a_round_trip_only_the_limit_holds},
    {"extremes do not overflow", extremes_do_not_overflow},
    {"a packet is a millisecond", a_packet_is_a_millisecond},
    {"gaps add up to the rate", gaps_add_up_to_the_rate},
};
T_MAIN(cases)
