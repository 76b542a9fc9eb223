/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "t.h"
#include "tcp/cc_bbr.h"

#define MSS  1000u
#define MS   1000000ull
#define MBps 1000000ull

static struct bbr b;
static struct weft_cc_ack ack;

static void start(void)
{
    memset(&b, 0, sizeof(b));
    memset(&ack, 0, sizeof(ack));
    b.phase = BBR_CRUISE;
    b.mss = ack.mss = MSS;
    b.inflight_hi = b.inflight_lo = BBR_INF;
    b.bw_lo = BBR_BW_INF;
    b.min_rtt_us = b.probe_rtt_us = 100000;
    b.at_ns = 1000 * MS;
    b.delivered = 1000000;
    b.is_full = true;
}

static struct bbr_sample sample(uint64_t bw, bool is_limited)
{
    return (struct bbr_sample){.a = &ack, .bw = bw, .cwnd = 50 * MSS, .is_limited = is_limited};
}

/* A segment is delivered that left when all but @behind bytes had been. */
static struct bbr_sample deliver(uint64_t bw, uint32_t behind)
{
    b.delivered += MSS;
    ack.acked = MSS;
    ack.rate.prior_delivered = b.delivered - behind;
    ack.rate.delivered = behind;
    struct bbr_sample s = sample(bw, false);
    wf_bbr_signals(&b, &s);
    return s;
}

static void volumes_are_exact_and_bounded(void)
{
    T_EQ(wf_bbr_volume(1250000, 40000), 50000);
    T_EQ(wf_bbr_volume(1, 1000000), 1);
    T_EQ(wf_bbr_volume(999, 1000), 0);
    T_EQ(wf_bbr_volume(12500000000ull, 1000), 12500000); /* 100 Gbit/s, 1 ms */
    T_EQ(wf_bbr_volume(1ull << 40, UINT64_MAX), BBR_CWND_MAX);
    T_EQ(wf_bbr_volume(UINT32_MAX, UINT32_MAX), BBR_CWND_MAX);
}

static void a_round_ends_with_what_was_sent_in_it(void)
{
    start();
    (void)deliver(MBps, 1000); /* Sent before anything was delivered. */
    T_CHECK(b.is_round_start && b.round == 1);
    for (int i = 0; i < 9; i++) {
        (void)deliver(MBps, 10000);
        T_CHECK(!b.is_round_start);
    }
    (void)deliver(MBps, 10000); /* It left when the first had been delivered. */
    T_CHECK(b.is_round_start && b.round == 2 && b.rounds_since_up == 2);
}

static void the_maximum_lasts_two_cycles(void)
{
    start();
    struct bbr_sample s = sample(5 * MBps, false);
    wf_bbr_signals(&b, &s);
    wf_bbr_advance_max_bw(&b);
    s = sample(3 * MBps, false);
    wf_bbr_signals(&b, &s);
    T_EQ(wf_bbr_max_bw(&b), 5 * MBps);
    wf_bbr_advance_max_bw(&b);
    T_EQ(wf_bbr_max_bw(&b), 3 * MBps);
    wf_bbr_advance_max_bw(&b); /* Nothing was measured in this one. */
    T_EQ(wf_bbr_max_bw(&b), 3 * MBps);
}

static void limited_samples_only_raise_it(void)
{
    start();
    struct bbr_sample s = sample(5 * MBps, false);
    wf_bbr_signals(&b, &s);
    wf_bbr_advance_max_bw(&b);
    s = sample(2 * MBps, true);
    wf_bbr_signals(&b, &s);
    T_EQ(b.max_bw[1], 0);
    s = sample(6 * MBps, true);
    wf_bbr_signals(&b, &s);
    T_EQ(wf_bbr_max_bw(&b), 6 * MBps);
}

/* A round of ten segments at this rate, with a loss in it. */
static void lossy_round(uint64_t bw)
{
    wf_bbr_note_loss(&b, 50 * MSS);
    for (int i = 0; i < 11; i++) {
        struct bbr_sample s = deliver(bw, 10000);
        wf_bbr_end_signals(&b, &s);
    }
}

static void a_round_with_loss_lowers_the_short_bounds_once(void)
{
    start();
    b.max_bw[1] = 10 * MBps;
    lossy_round(MBps);
    T_EQ(b.bw_lo, 7 * MBps); /* Not below beta, whatever is delivered ... */
    T_EQ(b.inflight_lo, 35 * MSS);
    T_EQ(b.bw, 7 * MBps);
    T_CHECK(!b.is_loss_in_round);
    lossy_round(6 * MBps);
    T_EQ(b.bw_lo, 6 * MBps); /* ... and not below what is. */
    T_EQ(b.inflight_lo, 35 * MSS * 7 / 10);
    for (int i = 0; i < 50; i++)
        (void)deliver(MBps, 10000);
    T_EQ(b.bw_lo, 6 * MBps); /* Nothing lost, nothing lowered. */
    wf_bbr_reset_lo(&b);
    T_CHECK(b.bw_lo == BBR_BW_INF && b.inflight_lo == BBR_INF);
}

static void probing_flows_ignore_losses_that_are_few(void)
{
    static const uint8_t probing[] = {BBR_STARTUP, BBR_REFILL, BBR_UP};
    for (size_t i = 0; i < sizeof(probing); i++) {
        start();
        b.phase = probing[i];
        b.max_bw[1] = 10 * MBps;
        lossy_round(MBps);
        T_CHECK(b.bw_lo == BBR_BW_INF && b.inflight_lo == BBR_INF);
    }
}

static void three_rounds_without_growth_are_a_full_pipe(void)
{
    start();
    b.is_full = false;
    b.is_round_start = true;
    uint64_t bw = MBps;
    for (int i = 0; i < 20; i++, bw += bw / 4 + 1) {
        struct bbr_sample s = sample(bw, false);
        wf_bbr_full_pipe(&b, &s);
        T_CHECK(!b.is_full && b.full_count == 0 && b.full_bw == bw);
    }
    bw = b.full_bw * 5 / 4 - 1;
    for (int i = 0; i < 3; i++) {
        struct bbr_sample s = sample(bw, true); /* The application's pause is no plateau. */
        wf_bbr_full_pipe(&b, &s);
        T_EQ(b.full_count, i);
        s = sample(bw, false);
        b.is_round_start = false;
        wf_bbr_full_pipe(&b, &s);
        T_EQ(b.full_count, i);
        b.is_round_start = true;
        wf_bbr_full_pipe(&b, &s);
        T_EQ(b.full_count, i + 1);
        T_EQ(b.is_full, i == 2);
    }
    wf_bbr_reset_full(&b, 0);
    T_CHECK(b.is_full && !b.is_full_now);
}

static void the_round_trip_is_the_least_of_ten_seconds(void)
{
    start();
    b.min_rtt_ns = b.probe_rtt_ns = b.at_ns;
    uint64_t t0 = b.at_ns;
    struct bbr_sample s = sample(MBps, false);
    ack.rtt_us = 90000;
    wf_bbr_min_rtt(&b, &s);
    T_EQ(b.min_rtt_us, 90000);
    ack.rtt_us = 0; /* No sample. */
    b.at_ns = t0 + 5000 * MS;
    wf_bbr_min_rtt(&b, &s);
    T_CHECK(b.min_rtt_us == 90000 && !b.is_rtt_expired);
    ack.rtt_us = 120000;
    b.at_ns = t0 + 5001 * MS;
    wf_bbr_min_rtt(&b, &s);
    T_CHECK(b.is_rtt_expired && b.probe_rtt_us == 120000 && b.min_rtt_us == 90000);
    b.at_ns = t0 + 10000 * MS;
    wf_bbr_min_rtt(&b, &s);
    T_EQ(b.min_rtt_us, 90000);
    b.at_ns = t0 + 10001 * MS;
    wf_bbr_min_rtt(&b, &s);
    T_EQ(b.min_rtt_us, 120000);
}

static uint32_t extra(void)
{
    return wf_max_u32(b.extra[0], b.extra[1]);
}

static void what_comes_at_once_is_extra(void)
{
    start();
    b.bw = MBps;
    b.extra_ns = b.at_ns;
    for (int i = 0; i < 100; i++) { /* A segment a millisecond: what the bandwidth explains. */
        b.at_ns += MS;
        ack.acked = MSS;
        struct bbr_sample s = sample(MBps, false);
        wf_bbr_aggregation(&b, &s);
    }
    T_CHECK(extra() <= MSS);
    b.at_ns += 20 * MS;
    ack.acked = 20 * MSS; /* Twenty at once. */
    struct bbr_sample s = sample(MBps, false);
    wf_bbr_aggregation(&b, &s);
    T_CHECK(extra() >= 19 * MSS && extra() <= 21 * MSS);
    ack.acked = MSS;
    int rounds = 0;
    for (; extra() > 2 * MSS && rounds < 100; rounds++) {
        b.is_round_start = true;
        b.at_ns += 40 * MS;
        wf_bbr_aggregation(&b, &s);
    }
    T_CHECK(rounds >= 5 && rounds <= 10); /* Remembered so long. */
}

static const struct t_case cases[] = {
    {"volumes are exact and bounded", volumes_are_exact_and_bounded},
    {"a round ends with what was sent in it", a_round_ends_with_what_was_sent_in_it},
    {"the maximum lasts two cycles", the_maximum_lasts_two_cycles},
    {"limited samples only raise it", limited_samples_only_raise_it},
    {"a round with loss lowers the short bounds once",
     a_round_with_loss_lowers_the_short_bounds_once},
    {"probing flows ignore losses that are few", probing_flows_ignore_losses_that_are_few},
    {"three rounds without growth are a full pipe", three_rounds_without_growth_are_a_full_pipe},
    {"the round trip is the least of ten seconds", the_round_trip_is_the_least_of_ten_seconds},
    {"what comes at once is extra", what_comes_at_once_is_extra},
};
T_MAIN(cases)
