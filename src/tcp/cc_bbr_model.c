/* SPDX-License-Identifier: MIT */
/** DOC: BBR's model of the path; sections of draft-ietf-ccwg-bbr are named where steps follow it */
#include "tcp/cc_bbr.h"

#define EXTRA_ROUNDS    5u /* Each of two windows: ten rounds, but one in STARTUP. */
#define FULL_ROUNDS     3u
#define GROWTH          125u /* Percent: less is a plateau. */
#define MIN_RTT_NS      (10000ull * BBR_NS_PER_MS)
#define PROBE_RTT_EVERY (5000ull * BBR_NS_PER_MS)

uint32_t wf_bbr_volume(uint64_t bw, uint64_t us)
{
    us = wf_min_u64(us, UINT32_MAX);
    /* Of large rates thousands are exact enough, and fit. */
    uint64_t bytes = bw <= UINT32_MAX ? bw * us / BBR_US_PER_S : bw / 1000 * us / 1000;
    return (uint32_t)wf_min_u64(bytes, BBR_CWND_MAX);
}

uint64_t wf_bbr_max_bw(const struct bbr *b)
{
    return wf_max_u64(b->max_bw[0], b->max_bw[1]);
}

void wf_bbr_start_round(struct bbr *b)
{
    b->next_round = b->delivered;
}

void wf_bbr_save_cwnd(struct bbr *b, uint32_t cwnd)
{
    bool is_good = !b->is_recovering && !b->is_rto && b->phase != BBR_PROBE_RTT;
    b->prior_cwnd = is_good ? cwnd : wf_max_u32(b->prior_cwnd, cwnd);
}

void wf_bbr_note_loss(struct bbr *b, uint32_t cwnd)
{
    if (!b->is_loss_in_round) {
        b->loss_round = b->delivered;
        wf_bbr_save_cwnd(b, cwnd);
        b->undo_phase = BBR_DRAIN;
        b->undo_bw_lo = b->bw_lo;
        b->undo_lo = b->inflight_lo;
        b->undo_hi = b->inflight_hi;
    }
    b->is_loss_in_round = true;
}

void wf_bbr_reset_signals(struct bbr *b)
{
    b->is_loss_in_round = false;
    b->bw_latest = 0;
    b->inflight_latest = 0;
}

void wf_bbr_reset_lo(struct bbr *b)
{
    b->bw_lo = BBR_BW_INF;
    b->inflight_lo = BBR_INF;
}

void wf_bbr_reset_full(struct bbr *b, uint64_t bw)
{
    b->full_bw = bw;
    b->full_count = 0;
    b->is_full_now = false;
}

void wf_bbr_advance_max_bw(struct bbr *b)
{
    if (b->max_bw[1] == 0)
        return; /* Nothing was measured: what is known from before stays. */
    b->max_bw[0] = b->max_bw[1];
    b->max_bw[1] = 0;
}

/* 5.5.1 and 5.5.5: rounds, and the maximum of samples that are not limited or larger all the same.
 */
static void update_max_bw(struct bbr *b, const struct bbr_sample *s)
{
    b->is_round_start = s->a->rate.prior_delivered >= b->next_round;
    if (b->is_round_start) {
        wf_bbr_start_round(b);
        b->round++;
        b->rounds_since_up++;
    }
    if (s->bw > 0 && (s->bw >= wf_bbr_max_bw(b) || !s->is_limited))
        b->max_bw[1] = wf_max_u64(b->max_bw[1], s->bw);
}

/* 5.5.10.3: once a round with loss, towards what is delivered, but not by more than beta. */
static void adapt_lo(struct bbr *b, uint32_t cwnd)
{
    bool is_probing = b->phase == BBR_STARTUP || b->phase == BBR_REFILL || b->phase == BBR_UP;
    if (is_probing || !b->is_loss_in_round)
        return;
    uint64_t bw = b->bw_lo == BBR_BW_INF ? wf_bbr_max_bw(b) : b->bw_lo;
    uint32_t inflight = b->inflight_lo == BBR_INF ? cwnd : b->inflight_lo;
    b->bw_lo = wf_max_u64(b->bw_latest, bw * BBR_BETA / 100);
    b->inflight_lo =
        wf_max_u32(b->inflight_latest, (uint32_t)((uint64_t)inflight * BBR_BETA / 100));
}

void wf_bbr_signals(struct bbr *b, const struct bbr_sample *s)
{
    const struct weft_cc_rate *r = &s->a->rate;
    b->bw_latest = wf_max_u64(b->bw_latest, s->bw);
    b->inflight_latest = wf_max_u32(b->inflight_latest, r->delivered);
    b->is_loss_round_start = r->prior_delivered >= b->loss_round;
    if (b->is_loss_round_start)
        b->loss_round = b->delivered;
    update_max_bw(b, s);
    if (s->a->newly_lost > 0 && b->loss_acks < UINT8_MAX)
        b->loss_acks++;
    if (!b->is_loss_round_start)
        return;
    adapt_lo(b, s->cwnd);
    b->is_loss_in_round = false;
}

void wf_bbr_aggregation(struct bbr *b, const struct bbr_sample *s)
{
    uint32_t expected = wf_bbr_volume(b->bw, (b->at_ns - b->extra_ns) / 1000);
    if (b->extra_delivered <= expected) { /* What came at once has been worked off. */
        b->extra_delivered = 0;
        b->extra_ns = b->at_ns;
        expected = 0;
    }
    b->extra_delivered = wf_min_u32(BBR_CWND_MAX, b->extra_delivered + s->a->acked);
    uint32_t extra = wf_min_u32(b->extra_delivered - expected, s->cwnd);
    if (b->is_round_start && ++b->extra_rounds >= (b->is_full ? EXTRA_ROUNDS : 1)) {
        b->extra_rounds = 0;
        b->extra[0] = b->extra[1];
        b->extra[1] = 0;
    }
    b->extra[1] = wf_max_u32(b->extra[1], extra);
}

void wf_bbr_full_pipe(struct bbr *b, const struct bbr_sample *s)
{
    if (b->is_full_now || !b->is_round_start || s->is_limited)
        return;
    if (s->bw * 100 >= b->full_bw * GROWTH) {
        wf_bbr_reset_full(b, s->bw);
        return;
    }
    b->is_full_now = ++b->full_count >= FULL_ROUNDS;
    b->is_full |= b->is_full_now;
}

void wf_bbr_min_rtt(struct bbr *b, const struct bbr_sample *s)
{
    b->is_rtt_expired = b->at_ns > b->probe_rtt_ns + PROBE_RTT_EVERY;
    uint32_t rtt_us = s->a->rtt_us;
    if (rtt_us != 0 && (rtt_us < b->probe_rtt_us || b->is_rtt_expired)) {
        b->probe_rtt_us = rtt_us;
        b->probe_rtt_ns = b->at_ns;
    }
    bool is_old = b->at_ns > b->min_rtt_ns + MIN_RTT_NS;
    if (b->probe_rtt_us < b->min_rtt_us || is_old) {
        b->min_rtt_us = b->probe_rtt_us;
        b->min_rtt_ns = b->probe_rtt_ns;
    }
}

void wf_bbr_end_signals(struct bbr *b, const struct bbr_sample *s)
{
    if (b->is_loss_round_start) {
        b->bw_latest = s->bw;
        b->inflight_latest = s->a->rate.delivered;
        b->loss_acks = 0;
    }
    b->bw = wf_min_u64(wf_bbr_max_bw(b), b->bw_lo);
}
