/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "t.h"
#include "tcp/cc_bbr.h"

#define MSS  1000u
#define MS   1000000ull
#define MBps 1000000ull
#define BDP  100000u /* 1 MB/s, 100 ms */

static struct bbr b;
static struct weft_cc cc;
static struct weft_cc_ack ack;
static struct bbr_sample s;

/* A flow that knows its path, in this phase. */
static void in_phase(enum bbr_phase phase)
{
    memset(&b, 0, sizeof(b));
    memset(&ack, 0, sizeof(ack));
    memset(&cc, 0, sizeof(cc));
    cc.cwnd = 2 * BDP;
    cc.pacing_Bps = MBps;
    b.phase = (uint8_t)phase;
    b.undo_phase = BBR_DRAIN;
    b.mss = ack.mss = MSS;
    b.inflight_hi = b.inflight_lo = BBR_INF;
    b.bw_lo = BBR_BW_INF;
    b.bw = b.max_bw[1] = b.full_bw = MBps;
    b.min_rtt_us = b.probe_rtt_us = 100000;
    b.at_ns = 100000 * MS;
    b.min_rtt_ns = b.probe_rtt_ns = b.cycle_ns = b.at_ns;
    b.wait_ms = 2500;
    b.delivered = 10000000;
    b.is_full = phase != BBR_STARTUP;
    ack.acked = MSS;
    ack.flight_now = 2 * BDP;
    ack.rate.tx_in_flight = BDP;
    ack.rate.delivered = BDP;
    s = (struct bbr_sample){.a = &ack, .bw = MBps, .cwnd = cc.cwnd};
}

static void step(bool is_round_start)
{
    b.is_round_start = is_round_start;
    b.at_ns += MS;
    wf_bbr_step(&b, &s, &cc);
}

static void startup_ends_on_a_plateau(void)
{
    in_phase(BBR_STARTUP);
    step(true);
    step(true);
    T_EQ(b.phase, BBR_STARTUP);
    step(true);
    T_EQ(b.phase, BBR_DRAIN);
    T_EQ(b.inflight_hi, BBR_INF);
}

static void startup_ends_on_loss_that_lasts(void)
{
    for (int missing = 0; missing < 5; missing++) {
        in_phase(BBR_STARTUP);
        b.full_bw = 0; /* Still growing. */
        b.inflight_latest = 120 * MSS;
        ack.is_recovering = missing != 1;
        b.is_loss_round_start = missing != 2;
        b.loss_acks = missing != 3 ? 6 : 5;
        ack.rate.lost = missing != 4 ? 2001 : 2000; /* 2 % of what was in flight. */
        step(true);
        T_EQ(b.phase, missing == 0 ? BBR_DRAIN : BBR_STARTUP);
        T_EQ(b.inflight_hi, missing == 0 ? 120 * MSS : BBR_INF);
        T_EQ(b.undo_phase, missing == 0 ? BBR_STARTUP : BBR_DRAIN);
    }
}

static void drain_ends_when_the_queue_is_gone(void)
{
    in_phase(BBR_DRAIN);
    b.round = b.drain_round = 10;
    ack.flight_now = BDP + 1;
    step(true);
    T_EQ(b.phase, BBR_DRAIN);
    ack.flight_now = BDP;
    b.inflight_hi = 110 * MSS; /* Else CRUISE would follow at once. */
    step(false);
    T_EQ(b.phase, BBR_DOWN);
    T_CHECK(b.cycle_ns == b.at_ns && b.wait_ms >= 2000 && b.wait_ms <= 3000);
    in_phase(BBR_DRAIN); /* Or three rounds later, whoever keeps it full. */
    b.drain_round = 10;
    b.round = 13;
    step(true);
    T_EQ(b.phase, BBR_DRAIN);
    b.round = 14;
    step(true);
    T_EQ(b.phase, BBR_DOWN);
}

static void down_ends_when_there_is_room_for_others(void)
{
    in_phase(BBR_DOWN);
    ack.flight_now = BDP + 1;
    step(false);
    T_EQ(b.phase, BBR_DOWN);
    b.inflight_hi = 110 * MSS; /* 15 % of it stay free. */
    ack.flight_now = 93501;
    step(false);
    T_EQ(b.phase, BBR_DOWN);
    ack.flight_now = 93500;
    step(false);
    T_EQ(b.phase, BBR_CRUISE);
}

static void it_is_time_to_probe_after_seconds_or_as_reno_would(void)
{
    static const uint8_t both[] = {BBR_DOWN, BBR_CRUISE};
    for (size_t i = 0; i < 2; i++) {
        in_phase((enum bbr_phase)both[i]);
        b.inflight_lo = 5 * MSS;
        b.at_ns = b.cycle_ns + 2499 * MS; /* The step adds one. */
        step(false);
        T_EQ(b.phase, both[i]);
        step(false);
        T_EQ(b.phase, BBR_REFILL);
        T_EQ(b.inflight_lo, BBR_INF);
        in_phase((enum bbr_phase)both[i]);
        b.rounds_since_up = 62; /* Of 100 segments Reno would need more: 63 are the most. */
        step(false);
        T_EQ(b.phase, both[i]);
        b.rounds_since_up = 63;
        step(false);
        T_EQ(b.phase, BBR_REFILL);
        in_phase((enum bbr_phase)both[i]);
        b.bw = 100000; /* Ten segments. */
        b.rounds_since_up = 10;
        step(false);
        T_EQ(b.phase, BBR_REFILL);
    }
}

static void the_pipe_is_refilled_for_a_round(void)
{
    in_phase(BBR_REFILL);
    step(false);
    T_EQ(b.phase, BBR_REFILL);
    step(true);
    T_CHECK(b.phase == BBR_UP && b.is_probe_sample && b.acks == BBR_ACKS_STARTING);
    step(true);
    T_EQ(b.acks, BBR_ACKS_FEEDBACK);
}

static void up_ends_on_a_plateau(void)
{
    in_phase(BBR_UP);
    step(true);
    step(true);
    T_EQ(b.phase, BBR_UP);
    step(true);
    T_CHECK(b.phase == BBR_DOWN && b.acks == BBR_ACKS_STOPPING);
    T_EQ(b.inflight_hi, BBR_INF);
}

static void up_does_not_end_where_its_own_bound_is_the_limit(void)
{
    in_phase(BBR_UP);
    b.inflight_hi = 2 * BDP;
    b.up_per_inc = BBR_INF;
    ack.is_cwnd_limited = true;
    for (int i = 0; i < 10; i++) {
        step(true);
        T_EQ(b.phase, BBR_UP);
        s.cwnd = b.inflight_hi;
    }
}

static void up_raises_the_bound_by_powers_of_two(void)
{
    in_phase(BBR_REFILL);
    b.inflight_hi = s.cwnd = 100 * MSS;
    ack.is_cwnd_limited = true;
    step(true);
    T_EQ(b.phase, BBR_UP);
    for (uint32_t round = 0; round < 5; round++) {
        uint32_t before = b.inflight_hi, segs = before / MSS;
        for (uint32_t acked = 0; acked < segs; acked++) {
            s.cwnd = b.inflight_hi;
            step(acked == segs - 1);
        }
        uint32_t grown = (b.inflight_hi - before) / MSS;
        T_CHECK(grown <= 1u << round && grown + (round > 2 ? 2 : 0) >= 1u << round);
    }
    uint32_t hi = b.inflight_hi;
    ack.is_cwnd_limited = false; /* Not used up: no reason to raise it. */
    for (int i = 0; i < 100; i++)
        step(false);
    T_EQ(b.inflight_hi, hi);
}

static void up_ends_when_a_probe_loses_too_much(void)
{
    in_phase(BBR_UP);
    b.is_probe_sample = true;
    ack.rate.tx_in_flight = 150 * MSS;
    ack.rate.lost = ack.newly_lost = 3 * MSS; /* Just 2 %. */
    step(false);
    T_EQ(b.phase, BBR_UP);
    ack.rate.lost = ack.newly_lost = 4 * MSS;
    step(false);
    T_CHECK(b.phase == BBR_DOWN && b.is_too_high && !b.is_probe_sample);
    T_EQ(b.undo_phase, BBR_UP);
    /* Of the last four 2.98 fitted: (0.02 x 146 - 0) / 0.98. */
    T_EQ(b.inflight_hi, 146000 + 2979);
    b.phase = BBR_UP; /* One answer to one probe. */
    ack.rate.tx_in_flight = 130 * MSS;
    step(false);
    T_EQ(b.inflight_hi, 148979);
    in_phase(BBR_UP); /* And never more than beta below what the model says. */
    b.is_probe_sample = true;
    ack.rate.tx_in_flight = 10 * MSS;
    ack.rate.lost = ack.newly_lost = 4 * MSS;
    step(false);
    T_EQ(b.inflight_hi, 70 * MSS);
    in_phase(BBR_UP); /* Who sends too little learns nothing of the bound. */
    b.is_probe_sample = true;
    ack.rate.lost = ack.newly_lost = 4 * MSS;
    s.is_limited = true;
    step(false);
    T_CHECK(b.phase == BBR_DOWN && b.inflight_hi == BBR_INF);
}

static void after_a_probe_that_lost_the_next_is_cautious(void)
{
    in_phase(BBR_UP);
    b.is_too_high = true;
    b.inflight_hi = 120 * MSS;
    ack.flight_now = 120 * MSS - 1;
    step(false);
    T_EQ(b.phase, BBR_UP);
    ack.flight_now = 120 * MSS;
    step(false);
    T_CHECK(b.phase == BBR_DOWN && b.is_precautionary && !b.is_too_high);
    step(true); /* All answers came, and it went well: at once again, without caution. */
    T_CHECK(b.phase == BBR_REFILL && !b.is_precautionary);
    in_phase(BBR_DOWN);
    b.acks = BBR_ACKS_STOPPING;
    b.is_precautionary = b.is_too_high = true; /* It did not go well. */
    step(true);
    T_EQ(b.phase, BBR_DOWN);
}

static void a_cycle_of_the_maximum_ends_a_round_after_the_probe(void)
{
    in_phase(BBR_DOWN);
    b.acks = BBR_ACKS_STOPPING;
    b.is_probe_sample = true;
    step(false);
    T_CHECK(b.max_bw[1] == MBps && b.is_probe_sample);
    step(true);
    T_CHECK(b.max_bw[0] == MBps && b.max_bw[1] == 0);
    T_CHECK(!b.is_probe_sample && b.acks == BBR_ACKS_INIT);
    in_phase(BBR_DOWN);
    b.acks = BBR_ACKS_STOPPING;
    s.is_limited = true; /* Nothing was probed. */
    step(true);
    T_EQ(b.max_bw[1], MBps);
}

static void what_goes_well_raises_the_bound(void)
{
    in_phase(BBR_CRUISE);
    b.inflight_hi = 80 * MSS;
    ack.rate.tx_in_flight = 90 * MSS;
    step(false);
    T_EQ(b.inflight_hi, 90 * MSS);
}

static void probe_rtt_lasts_200_ms_and_a_round(void)
{
    in_phase(BBR_CRUISE);
    b.wait_ms = 1000000;
    b.at_ns += 4999 * MS;
    step(false);
    T_EQ(b.phase, BBR_CRUISE);
    step(false);
    T_CHECK(b.phase == BBR_PROBE_RTT && b.probe_rtt_done_ns == 0 && b.prior_cwnd == 2 * BDP);
    T_EQ(wf_bbr_probe_rtt_cwnd(&b), BDP / 2);
    cc.cwnd = BDP / 2;
    ack.flight_now = BDP / 2 + 1;
    step(true);
    T_EQ(b.probe_rtt_done_ns, 0); /* Too much still. */
    ack.flight_now = BDP / 2;
    step(false);
    T_EQ(b.probe_rtt_done_ns, b.at_ns + 200 * MS);
    T_EQ(b.limited_until, b.delivered + BDP / 2);
    b.at_ns += 300 * MS;
    step(false);
    T_EQ(b.phase, BBR_PROBE_RTT); /* The round is not over. */
    b.inflight_lo = 7;
    step(true);
    T_CHECK(b.phase == BBR_CRUISE && cc.cwnd == 2 * BDP && b.inflight_lo == BBR_INF);
    T_CHECK(b.probe_rtt_ns == b.at_ns && b.cycle_ns == b.at_ns);
}

static void a_probe_cut_short_ends_a_cycle(void)
{
    in_phase(BBR_UP);
    b.at_ns += 5000 * MS;
    step(false);
    T_CHECK(b.phase == BBR_PROBE_RTT && b.max_bw[0] == MBps && b.max_bw[1] == 0);
    in_phase(BBR_CRUISE);
    b.wait_ms = 1000000;
    b.at_ns += 5000 * MS;
    step(false);
    T_CHECK(b.phase == BBR_PROBE_RTT && b.max_bw[1] == MBps);
}

static void probe_rtt_goes_back_to_startup_if_the_pipe_was_never_full(void)
{
    in_phase(BBR_STARTUP);
    b.full_bw = 0;
    b.at_ns += 5000 * MS;
    step(false);
    T_EQ(b.phase, BBR_PROBE_RTT);
    ack.flight_now = 4 * MSS;
    step(false);
    step(true);
    T_EQ(b.phase, BBR_PROBE_RTT); /* Not before its time. */
    b.at_ns += 200 * MS;
    step(true);
    T_EQ(b.phase, BBR_STARTUP);
}

static void a_flow_that_was_idle_has_measured_already(void)
{
    in_phase(BBR_CRUISE);
    b.wait_ms = 1000000;
    b.at_ns += 6000 * MS;
    b.is_idle_restart = true;
    ack.rtt_us = 110000;
    step(false);
    T_CHECK(b.phase == BBR_CRUISE && b.probe_rtt_us == 110000 && !b.is_idle_restart);
}

static void waits_differ_and_repeat(void)
{
    uint32_t seen = 0, ones = 0, last = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        in_phase(BBR_DRAIN);
        b.at_ns += i * MS;
        ack.flight_now = 0;
        step(false);
        T_CHECK(b.wait_ms >= 2000 && b.wait_ms <= 3000 && b.rounds_since_up <= 1);
        seen += b.wait_ms != last;
        ones += b.rounds_since_up;
        last = b.wait_ms;
    }
    T_CHECK(seen > 950 && ones > 400 && ones < 600);
    step(false);
    in_phase(BBR_DRAIN);
    b.at_ns += 999 * MS;
    ack.flight_now = 0;
    step(false);
    T_EQ(b.wait_ms, last);
}

static const struct t_case cases[] = {
    {"startup ends on a plateau", startup_ends_on_a_plateau},
    {"startup ends on loss that lasts", startup_ends_on_loss_that_lasts},
    {"drain ends when the queue is gone", drain_ends_when_the_queue_is_gone},
    {"down ends when there is room for others", down_ends_when_there_is_room_for_others},
    {"it is time to probe after seconds or as Reno would",
     it_is_time_to_probe_after_seconds_or_as_reno_would},
    {"the pipe is refilled for a round", the_pipe_is_refilled_for_a_round},
    {"up ends on a plateau", up_ends_on_a_plateau},
    {"up does not end where its own bound is the limit",
     up_does_not_end_where_its_own_bound_is_the_limit},
    {"up raises the bound by powers of two", up_raises_the_bound_by_powers_of_two},
    {"up ends when a probe loses too much", up_ends_when_a_probe_loses_too_much},
    {"after a probe that lost the next is cautious", after_a_probe_that_lost_the_next_is_cautious},
    {"a cycle of the maximum ends a round after the probe",
     a_cycle_of_the_maximum_ends_a_round_after_the_probe},
    {"what goes well raises the bound", what_goes_well_raises_the_bound},
    {"probe rtt lasts 200 ms and a round", probe_rtt_lasts_200_ms_and_a_round},
    {"a probe cut short ends a cycle", a_probe_cut_short_ends_a_cycle},
    {"probe rtt goes back to startup if the pipe was never full",
     probe_rtt_goes_back_to_startup_if_the_pipe_was_never_full},
    {"a flow that was idle has measured already", a_flow_that_was_idle_has_measured_already},
    {"waits differ and repeat", waits_differ_and_repeat},
};
T_MAIN(cases)
