/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "tcp/recovery_rack.h"

#define MSS 1000u
#define MS  1000000ull
#define ISN 0xfffff000u

static struct wf_slab recs;
#define STRIDE WF_ALIGN_UP((uint32_t)sizeof(struct tcp_txrec), 8u)

static uint64_t mem[256 * STRIDE / 8];
static struct tcp_sb sb;
static struct tcp_rec rec;
static struct rack_time now;
static struct tcp_delivery told;
static uint64_t wait_ns;

static struct tcp_seq seg(uint32_t n)
{
    return wf_seq(ISN + n * MSS);
}

/* Segments 0 .. n - 1 went out, one each ms from 1,000 ms on; RTT 100 ms. */
static void start(uint32_t n)
{
    wf_slab_init(&recs, mem, STRIDE, 256);
    wf_sb_init(&sb);
    rec = (struct tcp_rec){0};
    now = (struct rack_time){.srtt_us = 100000, .min_rtt_us = 100000, .mss = MSS};
    for (uint32_t i = 0; i < n; i++)
        T_CHECK(wf_sb_sent(&recs, &sb, seg(i), seg(i + 1), (1000 + i) * MS));
}

/* An acknowledgement at @ms: cumulative up to segment @una, and one block; returns what is lost. */
static uint32_t ack(uint64_t ms, uint32_t una, uint32_t from, uint32_t to)
{
    told = (struct tcp_delivery){0};
    now.now_ns = ms * MS;
    if (from < to)
        wf_sb_sack(&recs, &sb, seg(from), seg(to), &told);
    wf_sb_ack(&recs, &sb, seg(una), &told);
    wf_rec_delivered(&rec, &told, &now, UINT64_MAX);
    return wf_rec_detect(&rec, &sb, &now, &wait_ns);
}

static uint32_t look(uint64_t ms)
{
    now.now_ns = ms * MS;
    return wf_rec_detect(&rec, &sb, &now, &wait_ns);
}

static bool is_lost(uint32_t n)
{
    WF_LIST_FOR_EACH (l, &sb.by_seq) {
        const struct tcp_txrec *r = wf_sb_of_seq(l);
        if (wf_seq_in(seg(n), r->seq, r->end))
            return (r->flags & TXREC_LOST) != 0;
    }
    return false;
}

/* ---- RACK ---- */

/* proves: TCP-RACK-07 TCP-RACK-09 TCP-RACK-10 */
static void without_reordering_the_third_sack_marks_what_is_below(void)
{
    start(10);
    T_EQ(ack(1101, 0, 1, 2), 0); /* Segment 0 is late: min RTT / 4 of patience. */
    T_CHECK(wait_ns > 0 && wait_ns <= 25 * MS);
    T_EQ(ack(1102, 0, 2, 3), 0);
    T_EQ(ack(1103, 0, 3, 4), MSS);
    T_CHECK(is_lost(0) && !is_lost(4));
}

/* proves: TCP-RACK-09 TCP-RACK-10 */
static void time_alone_marks_it_too(void)
{
    start(3);
    T_EQ(ack(1101, 0, 1, 2), 0); /* Sent at 1001, rtt 100: due at 1000 + 100 + 25. */
    T_EQ(wait_ns, 24 * MS);
    T_EQ(look(1124), 0);
    T_EQ(wait_ns, 1 * MS);
    T_EQ(look(1125), MSS);
    T_CHECK(is_lost(0) && !is_lost(2) && wait_ns == 0);
}

/* proves: TCP-RACK-07 */
static void in_recovery_the_window_is_zero(void)
{
    start(6);
    wf_rec_enter(&rec, seg(0), seg(6), 6 * MSS, MSS);
    T_EQ(ack(1101, 0, 1, 2), MSS);
    start(6);
    wf_rec_rto(&rec, seg(6));
    T_EQ(ack(1101, 0, 1, 2), MSS);
}

/* proves: TCP-RACK-06 TCP-RACK-07 */
static void once_reordering_was_seen_there_is_always_patience(void)
{
    start(10);
    (void)ack(1101, 0, 1, 2);
    (void)ack(1102, 2, 0, 0); /* Segment 0 arrived after 1: it was late, not lost. */
    T_CHECK(rec.is_reordering_seen);
    T_EQ(ack(1106, 2, 4, 7), 0); /* Three sacked are no proof any more. */
    T_EQ(wait_ns, 22 * MS);      /* Until segment 3 is due: 1003 + 100 + 25. */
    T_EQ(look(1128), 2 * MSS);
}

/* proves: TCP-RACK-06 */
static void a_retransmission_below_is_no_reordering(void)
{
    start(10);
    (void)ack(1103, 0, 1, 4);
    T_CHECK(is_lost(0));
    wf_sb_resent(&recs, &sb, wf_sb_first(&sb), MSS, 1103 * MS);
    (void)ack(1203, 4, 0, 0);
    T_CHECK(!rec.is_reordering_seen);
}

/* proves: TCP-RACK-09 */
static void a_lost_retransmission_is_found(void)
{
    start(10);
    T_EQ(ack(1103, 0, 1, 4), MSS);
    wf_rec_enter(&rec, seg(0), seg(10), 7 * MSS, MSS);
    wf_sb_resent(&recs, &sb, wf_sb_first(&sb), MSS, 1103 * MS);
    T_CHECK(wf_sb_sent(&recs, &sb, seg(10), seg(11), 1104 * MS));
    (void)ack(1109, 0, 4, 10);
    T_CHECK(!is_lost(0)); /* All that was delivered was sent before it. */
    T_EQ(ack(1204, 0, 10, 11), MSS);
    T_CHECK(is_lost(0));
}

static void an_answer_to_the_original_says_nothing_of_its_retransmission(void)
{
    start(4);
    wf_sb_mark_lost(&sb, wf_sb_first(&sb));
    wf_sb_resent(&recs, &sb, wf_sb_first(&sb), MSS, 1090 * MS);
    (void)ack(1100, 1, 0, 0); /* 10 ms after it: below the smallest RTT. */
    T_CHECK(!rec.has_rack);
    start(4);
    wf_sb_mark_lost(&sb, wf_sb_first(&sb));
    wf_sb_resent(&recs, &sb, wf_sb_first(&sb), MSS, 1090 * MS);
    (void)ack(1190, 1, 0, 0);
    T_CHECK(rec.has_rack && rec.rack_sent_ns == 1090 * MS && rec.rack_rtt_us == 100000);
    /* With timestamps the echo tells, however late it comes. */
    start(4);
    wf_sb_mark_lost(&sb, wf_sb_first(&sb));
    wf_sb_resent(&recs, &sb, wf_sb_first(&sb), MSS, 1090 * MS);
    told = (struct tcp_delivery){0};
    now.now_ns = 1300 * MS;
    wf_sb_ack(&recs, &sb, seg(1), &told);
    wf_rec_delivered(&rec, &told, &now, 1001 * MS);
    T_CHECK(!rec.has_rack);
}

static void an_ambiguous_delivery_does_not_hide_a_certain_one(void)
{
    start(4);
    wf_sb_mark_lost(&sb, wf_sb_first(&sb));
    wf_sb_resent(&recs, &sb, wf_sb_first(&sb), MSS, 1090 * MS);
    (void)ack(1102, 3, 0, 0); /* 0 (12 ms after its second sending), 1 and 2. */
    T_CHECK(rec.has_rack && rec.rack_sent_ns == 1002 * MS && rec.rack_rtt_us == 100000);
}

/* proves: TCP-RACK-08 */
static void duplicates_widen_the_window_until_sixteen_recoveries_are_over(void)
{
    start(4);
    rec.is_reordering_seen = true;
    wf_rec_dsack(&rec, seg(0), seg(4));
    wf_rec_dsack(&rec, seg(1), seg(4)); /* Once a round trip. */
    T_EQ(ack(1101, 0, 1, 2), 0);
    T_EQ(wait_ns, 49 * MS); /* Two quarters of the smallest RTT. */
    for (uint32_t i = 0; i < 30; i++)
        wf_rec_dsack(&rec, seg(4 + i), seg(5 + i));
    T_EQ(look(1101), 0);
    T_EQ(wait_ns, 99 * MS); /* At most SRTT. */
    for (int i = 0; i < 16; i++) {
        T_CHECK(rec.reo_mult > 0);
        wf_rec_enter(&rec, seg(0), seg(4), 4 * MSS, MSS);
        T_CHECK(wf_rec_is_over(&rec, seg(4)));
    }
    T_EQ(look(1101), 0);
    T_EQ(wait_ns, 24 * MS);
}

static void of_equal_times_the_higher_was_sent_later(void)
{
    start(0);
    for (uint32_t i = 0; i < 5; i++)
        T_CHECK(wf_sb_sent(&recs, &sb, seg(i), seg(i + 1), 1000 * MS)); /* A super-frame. */
    T_EQ(ack(1100, 0, 4, 5), 0);
    T_EQ(look(1125), 4 * MSS);
    start(0);
    for (uint32_t i = 0; i < 5; i++)
        T_CHECK(wf_sb_sent(&recs, &sb, seg(i), seg(i + 1), 1000 * MS));
    (void)ack(1100, 0, 1, 2);
    T_EQ(look(1900), MSS); /* What lies above was not sent before it. */
}

/* ---- PRR ---- */

/* proves: TCP-PRR-01 TCP-PRR-05 */
static void recovery_begins_with_a_retransmission(void)
{
    start(0);
    wf_rec_enter(&rec, seg(0), seg(20), 20 * MSS, MSS);
    T_CHECK(rec.prr_delivered == 0 && rec.prr_out == 0 && rec.prr_fs == 20 * MSS);
    wf_rec_prr(&rec, 0, 18 * MSS, 10 * MSS, MSS, false);
    T_EQ(rec.prr_cwnd, 19 * MSS);
    wf_rec_enter(&rec, seg(0), seg(20), 0, MSS); /* Nothing in flight: no division by zero. */
    wf_rec_prr(&rec, MSS, 5 * MSS, MSS, MSS, false);
}

/* proves: TCP-PRR-03 */
static void above_the_target_sending_is_proportional(void)
{
    start(0);
    uint32_t pipe = 20 * MSS, sent = 0;
    wf_rec_enter(&rec, seg(0), seg(20), 20 * MSS, MSS);
    for (uint32_t i = 1; i <= 10 && pipe > 10 * MSS; i++) {
        pipe -= MSS;
        wf_rec_prr(&rec, MSS, pipe, 10 * MSS, MSS, false);
        uint32_t due = (i * MSS * 10 + 19) / 20, room = rec.prr_cwnd - pipe;
        T_CHECK(rec.prr_out == 0 ? room >= MSS : room == (due > sent ? due - sent : 0));
        if (room >= MSS) {
            rec.prr_out += MSS;
            sent += MSS;
            pipe += MSS;
        }
    }
    T_EQ(rec.prr_out, 5 * MSS); /* Half of what was delivered: the target is half. */
}

/* proves: TCP-PRR-04 */
static void below_the_target_it_is_conservative_unless_all_goes_well(void)
{
    start(0);
    wf_rec_enter(&rec, seg(0), seg(20), 20 * MSS, MSS);
    rec.prr_out = rec.prr_delivered = 3 * MSS;
    wf_rec_prr(&rec, MSS, 4 * MSS, 10 * MSS, MSS, false);
    T_EQ(rec.prr_cwnd, 5 * MSS); /* What left the network comes in. */
    rec.prr_out += MSS;
    wf_rec_prr(&rec, MSS, 4 * MSS, 10 * MSS, MSS, true);
    T_EQ(rec.prr_cwnd, 6 * MSS); /* And one more. */
    rec.prr_delivered = 20 * MSS;
    wf_rec_prr(&rec, MSS, 8 * MSS, 10 * MSS, MSS, true);
    T_EQ(rec.prr_cwnd, 10 * MSS); /* Never past the target. */
    wf_rec_prr(&rec, MSS, 10 * MSS, 10 * MSS, MSS, true);
    T_EQ(rec.prr_cwnd, 10 * MSS);
}

/* A whole recovery: the window ends where the congestion control wants it. */
static void a_recovery_with_random_losses_ends_at_the_target(void)
{
    for (int round = 0; round < 500; round++) {
        start(0);
        uint32_t fs = (10 + (uint32_t)(t_random() % 100)) * MSS, target = fs * 7 / 10;
        uint32_t lost = (1 + (uint32_t)(t_random() % 5)) * MSS, pipe = fs - lost, out = 0;
        wf_rec_enter(&rec, seg(0), seg(200), fs, MSS);
        for (uint32_t left = pipe; left > 0; left -= MSS) {
            pipe -= MSS;
            wf_rec_prr(&rec, MSS, pipe, target, MSS, t_random() % 2 == 0);
            T_CHECK(rec.prr_cwnd >= pipe && rec.prr_cwnd < wf_max_u32(pipe + 2 * MSS, target + 1));
            while (rec.prr_cwnd >= pipe + MSS) {
                pipe += MSS;
                rec.prr_out += MSS;
                out += MSS;
            }
        }
        T_CHECK(pipe <= target && pipe + 6 * MSS >= wf_min_u32(target, fs - lost));
        T_CHECK(out <= fs);
    }
}

static void recovery_ends_at_the_point_where_it_began(void)
{
    start(0);
    wf_rec_enter(&rec, seg(0), seg(10), 5 * MSS, MSS);
    T_CHECK(!wf_rec_is_over(&rec, wf_seq_sub(seg(10), 1)) && rec.state == REC_RECOVERY);
    T_CHECK(wf_rec_is_over(&rec, seg(10)) && rec.state == REC_OPEN);
    T_CHECK(!wf_rec_is_over(&rec, seg(11)));
    wf_rec_rto(&rec, seg(20));
    T_CHECK(rec.state == REC_LOSS && !wf_rec_is_over(&rec, seg(19)));
    T_CHECK(wf_rec_is_over(&rec, seg(20)));
}

/* ---- TLP ---- */

/* proves: TCP-RACK-13 */
static void the_probe_waits_two_round_trips(void)
{
    T_EQ(wf_rec_pto_us(0, 5 * MSS, MSS), 1000000);
    T_EQ(wf_rec_pto_us(50000, 5 * MSS, MSS), 100000);
    T_EQ(wf_rec_pto_us(50000, MSS, MSS), 300000); /* The peer may delay its acknowledgement. */
    T_EQ(wf_rec_pto_us(100, 5 * MSS, MSS), 10000);
    T_EQ(wf_rec_pto_us(60000000, MSS, MSS), 120200000);
}

static void probe(bool is_rtx)
{
    start(0);
    rec.has_tlp = true;
    rec.is_tlp_rtx = is_rtx;
    rec.tlp_end = seg(5);
}

static void what_a_probe_told(void)
{
    probe(true);
    T_CHECK(!wf_rec_tlp_ack(&rec, seg(4), true, false) && rec.has_tlp);
    T_CHECK(!wf_rec_tlp_ack(&rec, seg(5), false, false) && rec.has_tlp); /* Not known yet. */
    T_CHECK(!wf_rec_tlp_ack(&rec, seg(5), true, false) && !rec.has_tlp); /* Both arrived. */
    probe(true);
    T_CHECK(!wf_rec_tlp_ack(&rec, seg(5), false, true) && !rec.has_tlp); /* Said so. */
    probe(true);
    T_CHECK(wf_rec_tlp_ack(&rec, seg(6), false, false) && !rec.has_tlp); /* It mended a loss. */
    probe(true);
    T_CHECK(!wf_rec_tlp_ack(&rec, seg(6), false, true) && !rec.has_tlp);
    probe(false);
    T_CHECK(!wf_rec_tlp_ack(&rec, seg(6), false, false) && !rec.has_tlp); /* Was new data. */
    T_CHECK(!wf_rec_tlp_ack(&rec, seg(9), false, false));
}

static const struct t_case cases[] = {
    {"without reordering the third SACK marks what is below",
     without_reordering_the_third_sack_marks_what_is_below},
    {"time alone marks it too", time_alone_marks_it_too},
    {"in recovery the window is zero", in_recovery_the_window_is_zero},
    {"once reordering was seen there is always patience",
     once_reordering_was_seen_there_is_always_patience},
    {"a retransmission below is no reordering", a_retransmission_below_is_no_reordering},
    {"a lost retransmission is found", a_lost_retransmission_is_found},
    {"an answer to the original says nothing of its retransmission",
     an_answer_to_the_original_says_nothing_of_its_retransmission},
    {"an ambiguous delivery does not hide a certain one",
     an_ambiguous_delivery_does_not_hide_a_certain_one},
    {"duplicates widen the window until sixteen recoveries are over",
     duplicates_widen_the_window_until_sixteen_recoveries_are_over},
    {"of equal times the higher was sent later", of_equal_times_the_higher_was_sent_later},
    {"recovery begins with a retransmission", recovery_begins_with_a_retransmission},
    {"above the target sending is proportional", above_the_target_sending_is_proportional},
    {"below the target it is conservative unless all goes well",
     below_the_target_it_is_conservative_unless_all_goes_well},
    {"a recovery with random losses ends at the target",
     a_recovery_with_random_losses_ends_at_the_target},
    {"recovery ends at the point where it began", recovery_ends_at_the_point_where_it_began},
    {"the probe waits two round trips", the_probe_waits_two_round_trips},
    {"what a probe told", what_a_probe_told},
};
T_MAIN(cases)
