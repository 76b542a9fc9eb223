/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "t.h"
#include "tcp/cc_bbr.h"

#define MSS 1000u
#define MS  1000000ull
#define IW  (10 * MSS)

static uint64_t big[WEFT_CC_BIG_BYTES / 8];
static struct weft_cc cc;
static struct bbr *b;
static struct weft_cc_ack ack;

static void start(void)
{
    memset(big, 0, sizeof(big));
    cc = (struct weft_cc){.ops = &weft_cc_bbr};
    cc.state.big = big;
    b = (struct bbr *)(void *)big;
    cc.ops->init(&cc, MSS, IW);
    ack = (struct weft_cc_ack){
        .now_ns = 1000 * MS, .mss = MSS, .srtt_us = 100000, .min_rtt_us = 100000};
}

static const char *phase(void)
{
    struct weft_cc_info i;
    cc.ops->info(&cc, &i);
    return i.phase;
}

static void deliver(uint32_t bytes, uint32_t interval_us, uint32_t delivered)
{
    ack.delivered += bytes;
    ack.acked = bytes;
    ack.rate = (struct weft_cc_rate){.interval_us = interval_us,
                                     .delivered = delivered,
                                     .tx_in_flight = ack.flight,
                                     .prior_delivered = ack.delivered - delivered};
    cc.ops->on_ack(&cc, &ack);
}

/* A flow that knows its path: 1 MB/s, 100 ms, in this phase. */
static void in_phase(enum bbr_phase p)
{
    start();
    ack.flight = ack.flight_now = 100 * MSS;
    deliver(MSS, 100000, 100000);
    b->phase = (uint8_t)p;
    b->is_full = p != BBR_STARTUP;
    b->acks = BBR_ACKS_INIT;
    b->cycle_ns = ack.now_ns;
    b->wait_ms = 1000000;
    cc.cwnd = 200 * MSS;
    cc.pacing_Bps = 1000000;
    deliver(MSS, 100000, 100000);
    T_EQ(b->phase, p);
}

static void it_begins_at_what_the_handshake_showed(void)
{
    start();
    T_EQ(cc.cwnd, IW);
    T_EQ(cc.pacing_Bps, 0); /* By window and SRTT. */
    T_CHECK(strcmp(phase(), "startup") == 0);
    deliver(MSS, 0, MSS); /* Too short to be a sample. */
    T_EQ(cc.pacing_Bps, 277000);
    T_EQ(cc.cwnd, IW + MSS);
    deliver(MSS, 100000, 2 * MSS); /* Little, as little was sent: no reason to slow down. */
    T_EQ(cc.pacing_Bps, 277000);
}

/* ---- a path: packets wait for a bottleneck, then travel ---- */

#define PKTS 4096u

/** struct toy - A bottleneck with a queue, and a sender with nothing but BBR */
struct toy {
    uint64_t rate_Bps, rtt_us;
    uint64_t now_us, next_us, free_us;
    struct {
        uint64_t sent_us, back_us, delivered, delivered_us, first_us;
        uint32_t in_flight;
        bool is_limited;
    } pkt[PKTS];
    uint32_t head, tail;
    uint64_t delivered, delivered_us, first_us;
    uint64_t queue_max_us;
    uint32_t seen; /* Phases. */
};

static void toy_send(struct toy *t)
{
    uint32_t i = t->tail++ % PKTS, flight = (t->tail - t->head - 1) * MSS;
    if (flight == 0)
        t->first_us = t->delivered_us = t->now_us;
    if (t->free_us < t->now_us)
        t->free_us = t->now_us;
    t->free_us += MSS * 1000000ull / t->rate_Bps;
    if (t->free_us - t->now_us > t->queue_max_us)
        t->queue_max_us = t->free_us - t->now_us;
    t->pkt[i].sent_us = t->now_us;
    t->pkt[i].back_us = t->free_us + t->rtt_us;
    t->pkt[i].delivered = t->delivered;
    t->pkt[i].delivered_us = t->delivered_us;
    t->pkt[i].first_us = t->first_us;
    t->pkt[i].in_flight = flight + MSS;
    uint64_t rate = cc.pacing_Bps != 0 ? cc.pacing_Bps : 2ull * cc.cwnd * 1000000 / t->rtt_us;
    t->next_us = t->now_us + MSS * 1000000ull / rate;
}

static void toy_ack(struct toy *t)
{
    uint32_t i = t->head++ % PKTS;
    t->now_us = t->pkt[i].back_us;
    t->delivered += MSS;
    uint64_t send = t->pkt[i].sent_us - t->pkt[i].first_us;
    uint64_t acked = t->now_us - t->pkt[i].delivered_us;
    t->first_us = t->pkt[i].sent_us;
    t->delivered_us = t->now_us;
    ack.now_ns = t->now_us * 1000;
    ack.delivered = t->delivered;
    ack.acked = MSS;
    ack.flight = t->pkt[i].in_flight;
    ack.flight_now = (t->tail - t->head) * MSS;
    ack.rtt_us = (uint32_t)(t->now_us - t->pkt[i].sent_us);
    ack.is_cwnd_limited = ack.flight_now + MSS >= cc.cwnd;
    ack.rate = (struct weft_cc_rate){
        .interval_us = (uint32_t)(send > acked ? send : acked),
        .delivered = (uint32_t)(t->delivered - t->pkt[i].delivered),
        .tx_in_flight = t->pkt[i].in_flight,
        .prior_delivered = t->pkt[i].delivered,
    };
    cc.ops->on_ack(&cc, &ack);
    t->seen |= 1u << b->phase;
}

static void toy_run(struct toy *t, uint64_t until_us)
{
    while (t->now_us < until_us) {
        bool may_send = (t->tail - t->head + 1) * MSS <= cc.cwnd && t->tail - t->head < PKTS;
        bool has_ack = t->head != t->tail;
        uint64_t send_us = t->next_us > t->now_us ? t->next_us : t->now_us;
        if (may_send && (!has_ack || send_us <= t->pkt[t->head % PKTS].back_us)) {
            t->now_us = send_us;
            toy_send(t);
        } else {
            toy_ack(t);
        }
    }
}

static void it_finds_the_rate_of_a_path_and_goes_round(void)
{
    static const struct {
        uint64_t rate, rtt;
    } paths[] = {{1000000, 40000}, {10000000, 20000}, {100000, 300000}, {250000, 1000}};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        static struct toy t;
        memset(&t, 0, sizeof(t));
        t = (struct toy){.rate_Bps = paths[i].rate, .rtt_us = paths[i].rtt, .now_us = 1000000};
        start();
        ack.srtt_us = ack.min_rtt_us = (uint32_t)paths[i].rtt;
        toy_run(&t, 1000000 + 20 * paths[i].rtt + 1000000);
        T_CHECK(b->is_full && b->bw > paths[i].rate * 95 / 100 &&
                b->bw <= paths[i].rate * 101 / 100);
        uint64_t before = t.delivered, at = t.now_us;
        t.queue_max_us = 0;
        toy_run(&t, at + 30000000);
        uint32_t all = (1u << (BBR_PROBE_RTT + 1)) - 1; /* A pipe of one segment needs no DRAIN. */
        T_EQ(t.seen | (i == 3 ? 1u << BBR_DRAIN : 0), all);
        uint64_t got = (t.delivered - before) * 1000000 / (t.now_us - at);
        T_CHECK(got > paths[i].rate * 93 / 100);
        /* A probe that brings nothing makes a queue of a quarter a round, four rounds long. */
        T_CHECK(t.queue_max_us < paths[i].rtt * 5 / 4 + 10 * MSS * 1000000ull / paths[i].rate);
        T_CHECK(b->min_rtt_us < paths[i].rtt * 11 / 10 + 5 * MSS * 1000000ull / paths[i].rate);
    }
}

static void it_follows_a_path_that_changes(void)
{
    static struct toy t;
    memset(&t, 0, sizeof(t));
    t = (struct toy){.rate_Bps = 1000000, .rtt_us = 40000, .now_us = 1000000};
    start();
    ack.srtt_us = ack.min_rtt_us = 40000;
    toy_run(&t, 10000000);
    t.rate_Bps = 4000000;
    toy_run(&t, 25000000);
    T_CHECK(b->bw > 3800000 && b->bw < 4100000);
    t.rate_Bps = 500000; /* No packet is lost, the queue grows without end. */
    toy_run(&t, 45000000);
    T_CHECK(b->bw > 470000 && b->bw < 520000);
    toy_run(&t, 90000000);
    T_CHECK(b->bw > 470000 && b->bw < 520000 && b->min_rtt_us < 80000);
}

/* ---- losses, marks, what was a mistake ---- */

static const struct weft_cc_loss lost = {.now_ns = 2000 * MS, .flight = 100 * MSS, .mss = MSS};

static struct weft_cc_loss loss_now(void)
{
    struct weft_cc_loss l = lost;
    l.now_ns = ack.now_ns;
    l.delivered = ack.delivered;
    return l;
}

static void recovery_gives_the_window_back(void)
{
    in_phase(BBR_CRUISE);
    uint32_t before = cc.cwnd;
    struct weft_cc_loss l = loss_now();
    cc.ops->on_loss(&cc, &l);
    T_EQ(cc.cwnd, before); /* The bounds of the model come down, when the round is over. */
    T_CHECK(b->is_loss_in_round && b->is_recovering);
    for (int i = 0; i < 120; i++)
        deliver(MSS, 100000, 50000); /* Half as fast. */
    T_EQ(b->bw_lo, 1000000);         /* The round had shown more. */
    ack.newly_lost = MSS;
    deliver(MSS, 100000, 50000);
    ack.newly_lost = 0;
    for (int i = 0; i < 120; i++)
        deliver(MSS, 100000, 50000);
    T_EQ(b->bw_lo, 700000);
    T_CHECK(cc.cwnd < before);
    cc.ops->on_recovered(&cc, ack.now_ns);
    T_EQ(cc.cwnd, before);
    deliver(MSS, 100000, 50000);
    T_CHECK(cc.cwnd == b->inflight_lo && cc.cwnd < before); /* Within what was learnt. */
}

static void a_timeout_begins_with_one_segment(void)
{
    in_phase(BBR_CRUISE);
    uint32_t before = cc.cwnd;
    struct weft_cc_loss l = loss_now();
    cc.ops->on_rto(&cc, &l, true);
    T_EQ(cc.cwnd, MSS);
    ack.nxt = 5000;
    ack.una = 1000;
    deliver(MSS, 100000, 100000);
    T_EQ(cc.cwnd, 4 * MSS);
    ack.una = 4999;
    ack.nxt = 6000;
    deliver(MSS, 100000, 100000);
    T_EQ(cc.cwnd, 5 * MSS);
    ack.una = 5000;
    deliver(MSS, 100000, 100000);
    T_CHECK(cc.cwnd > before * 6 / 10);
    cc.ops->on_rto(&cc, &l, true);
    cc.ops->on_rto(&cc, &l, false); /* A second one does not take one segment for good. */
    cc.ops->on_undo(&cc);
    T_CHECK(cc.cwnd > before * 6 / 10);
}

static void a_mistake_is_taken_back(void)
{
    in_phase(BBR_UP);
    b->is_probe_sample = true;
    struct weft_cc_loss l = loss_now();
    cc.ops->on_loss(&cc, &l);
    ack.newly_lost = 4 * MSS;
    ack.delivered += MSS;
    ack.rate.lost = 4 * MSS;
    cc.ops->on_ack(&cc, &ack);
    T_CHECK(b->phase == BBR_DOWN && b->inflight_hi != BBR_INF);
    cc.ops->on_undo(&cc);
    T_CHECK(b->phase == BBR_REFILL && b->inflight_hi == BBR_INF);
    T_CHECK(b->inflight_lo == BBR_INF && b->bw_lo == BBR_BW_INF && cc.cwnd >= 200 * MSS);
    in_phase(BBR_STARTUP);
    cc.ops->on_loss(&cc, &l);
    b->is_full = true;
    b->undo_phase = BBR_STARTUP;
    b->phase = BBR_DRAIN;
    cc.ops->on_undo(&cc);
    T_CHECK(b->phase == BBR_STARTUP && !b->is_full);
    in_phase(BBR_CRUISE); /* Nothing was left because of it: nothing to go back to. */
    cc.ops->on_loss(&cc, &l);
    cc.ops->on_undo(&cc);
    T_EQ(b->phase, BBR_CRUISE);
}

static void marks_count_as_too_much_in_flight(void)
{
    in_phase(BBR_CRUISE);
    struct weft_cc_loss l = loss_now();
    uint32_t before = cc.cwnd;
    l.cause = WEFT_CC_ECN;
    cc.ops->on_loss(&cc, &l);
    T_EQ(cc.cwnd, before * 7 / 10);
    T_CHECK(b->is_loss_in_round && !b->is_recovering);
    in_phase(BBR_UP);
    b->is_probe_sample = true;
    cc.ops->on_loss(&cc, &l);
    T_CHECK(b->phase == BBR_DOWN && b->inflight_hi == 100 * MSS);
    in_phase(BBR_STARTUP);
    cc.ops->on_loss(&cc, &l);
    T_EQ(b->inflight_hi, 100 * MSS);
    deliver(MSS, 100000, 100000);
    T_CHECK(b->phase != BBR_STARTUP && b->is_full);
}

/* ---- too little to send ---- */

static void idle_paths_are_refilled_at_their_rate(void)
{
    in_phase(BBR_UP);
    deliver(MSS, 100000, 100000);
    T_EQ(cc.pacing_Bps, 1237500); /* 1.25 and a margin of one percent. */
    cc.ops->on_sent(&cc, ack.now_ns, MSS, true);
    T_EQ(cc.pacing_Bps, 1237500); /* Not idle. */
    cc.ops->on_sent(&cc, ack.now_ns, 0, false);
    T_EQ(cc.pacing_Bps, 1237500); /* Only just empty. */
    cc.ops->on_sent(&cc, ack.now_ns + 9000 * MS, 0, true);
    T_EQ(cc.pacing_Bps, 990000);
    T_CHECK(b->is_idle_restart);
    cc.ops->on_idle(&cc, 9000 * MS, 300 * MS, IW);
    T_CHECK(cc.cwnd > 100 * MSS); /* The model stays. */
    ack.now_ns += 9100 * MS;
    ack.rtt_us = 100000;
    deliver(MSS, 100000, 1000);
    T_CHECK(b->phase != BBR_PROBE_RTT);
}

static void idle_time_ends_probe_rtt(void)
{
    in_phase(BBR_CRUISE);
    b->prior_cwnd = 200 * MSS;
    b->phase = BBR_PROBE_RTT;
    b->probe_rtt_done_ns = ack.now_ns + 200 * MS;
    cc.cwnd = 4 * MSS;
    cc.ops->on_sent(&cc, ack.now_ns + 200 * MS, 0, true);
    T_EQ(b->phase, BBR_PROBE_RTT);
    cc.ops->on_sent(&cc, ack.now_ns + 201 * MS, 0, true);
    T_CHECK(b->phase == BBR_CRUISE && cc.cwnd == 200 * MSS);
}

static void limited_samples_do_not_slow_it_down(void)
{
    in_phase(BBR_STARTUP);
    for (int i = 0; i < 100; i++) {
        ack.now_ns += 40 * MS;
        ack.delivered += MSS;
        ack.rtt_us = 100000;
        ack.rate = (struct weft_cc_rate){.interval_us = 100000,
                                         .delivered = MSS,
                                         .tx_in_flight = MSS,
                                         .prior_delivered = ack.delivered - MSS,
                                         .is_app_limited = true};
        cc.ops->on_ack(&cc, &ack);
    }
    T_EQ(b->bw, 1000000);
    T_CHECK(b->phase == BBR_STARTUP && cc.pacing_Bps >= 1000000);
}

static void what_has_no_mark_is_left_out(void)
{
    start(); /* Sent before another algorithm was chosen. */
    for (int i = 0; i < 20; i++) {
        ack.delivered += MSS;
        ack.acked = MSS;
        cc.ops->on_ack(&cc, &ack);
    }
    T_CHECK(b->bw == 0 && b->round == 0 && cc.cwnd >= IW && cc.pacing_Bps == 277000);
}

/* Whatever the numbers: the window stays within its limits, and nothing overflows. */
static void nothing_breaks_it(void)
{
    for (int run = 0; run < 200; run++) {
        start();
        for (int i = 0; i < 500; i++) {
            uint32_t shift = (uint32_t)(t_random() % 32);
            ack.now_ns += t_random() >> (20 + t_random() % 40);
            ack.acked = 1 + (uint32_t)(t_random() % (1u << 20));
            ack.delivered += ack.acked;
            ack.newly_lost = t_random() % 8 == 0 ? (uint32_t)t_random() >> shift : 0;
            ack.flight = (uint32_t)t_random() >> (2 + shift % 30);
            ack.flight_now = (uint32_t)t_random() >> (2 + shift % 30);
            ack.rtt_us = (uint32_t)t_random() >> shift;
            ack.una = (uint32_t)t_random();
            ack.nxt = (uint32_t)t_random();
            ack.is_cwnd_limited = t_random() % 2 == 0;
            ack.is_recovering = t_random() % 2 == 0;
            ack.rate.interval_us = (uint32_t)t_random() >> t_random() % 32;
            ack.rate.delivered = (uint32_t)t_random() >> t_random() % 32;
            ack.rate.lost = (uint32_t)t_random() >> t_random() % 32;
            ack.rate.tx_in_flight = (uint32_t)t_random() >> t_random() % 32;
            ack.rate.prior_delivered = ack.delivered - t_random() % ack.delivered;
            ack.rate.is_app_limited = t_random() % 4 == 0;
            cc.ops->on_ack(&cc, &ack);
            T_CHECK(cc.cwnd >= 4 * MSS && cc.cwnd <= BBR_CWND_MAX && b->phase <= BBR_PROBE_RTT);
            struct weft_cc_loss l = loss_now();
            l.cause = t_random() % 2 == 0 ? WEFT_CC_ECN : WEFT_CC_LOSS;
            if (t_random() % 16 == 0)
                cc.ops->on_loss(&cc, &l);
            if (t_random() % 32 == 0)
                cc.ops->on_rto(&cc, &l, t_random() % 2 == 0);
            if (t_random() % 32 == 0)
                cc.ops->on_recovered(&cc, ack.now_ns);
            if (t_random() % 32 == 0)
                cc.ops->on_undo(&cc);
            if (t_random() % 16 == 0)
                cc.ops->on_sent(&cc, ack.now_ns, t_random() % 2 == 0 ? 0 : 5, t_random() % 2 == 0);
        }
    }
}

static const struct t_case cases[] = {
    {"it begins at what the handshake showed", it_begins_at_what_the_handshake_showed},
    {"it finds the rate of a path and goes round", it_finds_the_rate_of_a_path_and_goes_round},
    {"it follows a path that changes", it_follows_a_path_that_changes},
    {"recovery gives the window back", recovery_gives_the_window_back},
    {"a timeout begins with one segment", a_timeout_begins_with_one_segment},
    {"a mistake is taken back", a_mistake_is_taken_back},
    {"marks count as too much in flight", marks_count_as_too_much_in_flight},
    {"idle paths are refilled at their rate", idle_paths_are_refilled_at_their_rate},
    {"idle time ends probe rtt", idle_time_ends_probe_rtt},
    {"limited samples do not slow it down", limited_samples_do_not_slow_it_down},
    {"what has no mark is left out", what_has_no_mark_is_left_out},
    {"nothing breaks it", nothing_breaks_it},
};
T_MAIN(cases)
