/* SPDX-License-Identifier: MIT */
/** DOC: BBR: events in, pacing rate and window out (draft-ietf-ccwg-bbr 5.2, 5.6) */
#include "tcp/cc_bbr.h"

#define MARGIN 99u /* Percent of the rate that are used: a little less makes no queue. */
#define BW_MAX (1ull << 40)

static struct bbr *bbr_of(struct weft_cc *cc)
{
    return weft_cc_state(cc, sizeof(struct bbr));
}

static void init(struct weft_cc *cc, uint32_t mss, uint32_t initial_window)
{
    struct bbr *b = bbr_of(cc);
    *b = (struct bbr){.bw_lo = BBR_BW_INF,
                      .inflight_lo = BBR_INF,
                      .inflight_hi = BBR_INF,
                      .undo_phase = BBR_DRAIN,
                      .min_rtt_us = BBR_INF,
                      .probe_rtt_us = BBR_INF,
                      .up_per_inc = BBR_INF,
                      .initial_cwnd = initial_window,
                      .mss = mss};
    wf_bbr_enter_startup(b);
    cc->cwnd = initial_window;
    cc->ssthresh = UINT32_MAX;
    cc->pacing_Bps = 0; /* By window and SRTT until something is delivered. */
}

/* Times and counts begin with the first acknowledgement. */
static void begin(struct bbr *b, struct weft_cc *cc, const struct weft_cc_ack *a)
{
    b->has_begun = true;
    b->min_rtt_us = b->probe_rtt_us = a->min_rtt_us != 0 ? a->min_rtt_us : BBR_INF;
    b->min_rtt_ns = b->probe_rtt_ns = b->extra_ns = b->cycle_ns = a->now_ns;
    b->begin = b->delivered - a->acked;
    if (a->srtt_us != 0) {
        uint32_t gain, unused;
        wf_bbr_gains(BBR_STARTUP, &gain, &unused);
        cc->pacing_Bps = (uint64_t)cc->cwnd * gain * (BBR_US_PER_S / 100) / a->srtt_us;
    }
}

static struct bbr_sample sample(const struct bbr *b, const struct weft_cc *cc,
                                const struct weft_cc_ack *a)
{
    const struct weft_cc_rate *r = &a->rate;
    uint64_t bw = r->interval_us == 0 ? 0 : (uint64_t)r->delivered * BBR_US_PER_S / r->interval_us;
    return (struct bbr_sample){.a = a,
                               .bw = wf_min_u64(bw, BW_MAX),
                               .cwnd = cc->cwnd,
                               .is_limited =
                                   r->is_app_limited || r->prior_delivered < b->limited_until};
}

static void set_pacing(const struct bbr *b, struct weft_cc *cc, uint32_t gain)
{
    uint64_t rate = b->bw * gain / 100 * MARGIN / 100;
    if (rate != 0 && (b->is_full || rate > cc->pacing_Bps))
        cc->pacing_Bps = rate;
}

/* 5.6.4.7: bounds of the model, as far as the state respects them. */
static void bound_cwnd(const struct bbr *b, struct weft_cc *cc)
{
    uint32_t cap = BBR_INF;
    if (b->phase == BBR_PROBE_RTT || b->phase == BBR_CRUISE)
        cap = wf_bbr_headroom(b);
    else if (wf_bbr_is_probe_bw(b))
        cap = b->inflight_hi;
    cap = wf_max_u32(wf_min_u32(cap, b->inflight_lo), BBR_PIPE_SEGS * b->mss);
    cc->cwnd = wf_min_u32(cc->cwnd, cap);
}

static void set_cwnd(const struct bbr *b, struct weft_cc *cc, uint32_t acked, uint32_t gain)
{
    uint32_t extra = wf_max_u32(b->extra[0], b->extra[1]);
    uint32_t max = wf_bbr_budget(b, wf_bbr_bdp(b, b->bw, gain) + extra, cc->pacing_Bps);
    uint32_t grown = (uint32_t)wf_min_u64((uint64_t)cc->cwnd + acked, BBR_CWND_MAX);
    if (b->is_full)
        cc->cwnd = wf_min_u32(grown, max);
    else if (cc->cwnd < max || b->delivered - b->begin < b->initial_cwnd)
        cc->cwnd = grown;
    cc->cwnd = wf_max_u32(cc->cwnd, BBR_PIPE_SEGS * b->mss);
    if (b->phase == BBR_PROBE_RTT)
        cc->cwnd = wf_min_u32(cc->cwnd, wf_bbr_probe_rtt_cwnd(b));
    bound_cwnd(b, cc);
}

static void restore_cwnd(const struct bbr *b, struct weft_cc *cc)
{
    cc->cwnd = wf_max_u32(cc->cwnd, b->prior_cwnd);
}

/* After an RTO, until what had been sent before it is acknowledged. */
static void follow_rto(struct bbr *b, struct weft_cc *cc, const struct weft_cc_ack *a)
{
    if (!b->has_rto_point) {
        b->rto_point = a->nxt;
        b->has_rto_point = true;
    }
    if ((int32_t)(a->una - b->rto_point) < 0)
        return;
    b->is_rto = b->has_rto_point = false;
    restore_cwnd(b, cc);
}

static void on_ack(struct weft_cc *cc, const struct weft_cc_ack *a)
{
    struct bbr *b = bbr_of(cc);
    uint32_t pacing_gain, cwnd_gain;
    b->at_ns = a->now_ns;
    b->delivered = a->delivered;
    b->mss = a->mss;
    if (!b->has_begun)
        begin(b, cc, a);
    if (a->newly_lost > 0)
        wf_bbr_note_loss(b, cc->cwnd);
    if (a->rate.tx_in_flight != 0) { /* Else sent before rates were wanted: no part in it. */
        struct bbr_sample s = sample(b, cc, a);
        wf_bbr_signals(b, &s);
        wf_bbr_aggregation(b, &s);
        wf_bbr_step(b, &s, cc);
        wf_bbr_end_signals(b, &s);
    }
    if (b->is_rto)
        follow_rto(b, cc, a);
    wf_bbr_gains((enum bbr_phase)b->phase, &pacing_gain, &cwnd_gain);
    set_pacing(b, cc, pacing_gain);
    set_cwnd(b, cc, a->acked, cwnd_gain);
}

/* Marks instead of losses: what was in flight is too much, whatever the flow was doing. */
static void on_mark(struct bbr *b, struct weft_cc *cc, const struct weft_cc_loss *l)
{
    wf_bbr_note_loss(b, cc->cwnd);
    if (b->phase == BBR_STARTUP && !b->is_full) {
        b->undo_phase = BBR_STARTUP;
        b->is_full = true; /* DRAIN follows with the next sample. */
        b->inflight_hi = wf_max_u32(wf_bbr_bdp(b, b->bw, 100), b->inflight_latest);
    } else if (b->is_probe_sample) {
        wf_bbr_too_high(b, l->flight, cc->cwnd, false);
    }
    uint32_t down = (uint32_t)((uint64_t)cc->cwnd * BBR_BETA / 100);
    cc->cwnd = wf_min_u32(cc->cwnd, wf_max_u32(down, BBR_PIPE_SEGS * b->mss));
}

static void on_loss(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    struct bbr *b = bbr_of(cc);
    b->at_ns = l->now_ns;
    b->delivered = l->delivered;
    if (l->cause == WEFT_CC_ECN) {
        on_mark(b, cc, l);
        return;
    }
    wf_bbr_note_loss(b, cc->cwnd);
    wf_bbr_save_cwnd(b, cc->cwnd);
    b->is_recovering = true;
}

static void on_recovered(struct weft_cc *cc, uint64_t now_ns)
{
    struct bbr *b = bbr_of(cc);
    (void)now_ns;
    b->is_recovering = false;
    restore_cwnd(b, cc);
}

static void on_rto(struct weft_cc *cc, const struct weft_cc_loss *l, bool is_first)
{
    struct bbr *b = bbr_of(cc);
    b->at_ns = l->now_ns;
    wf_bbr_save_cwnd(b, cc->cwnd);
    if (is_first)
        wf_bbr_note_loss(b, cc->cwnd);
    b->is_rto = true;
    b->is_recovering = b->has_rto_point = false;
    cc->cwnd = l->mss; /* All that was in flight counts as lost. */
}

static void on_idle(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns, uint32_t restart_window)
{
    (void)cc; /* The model stays, and pacing keeps the first packets apart: see on_sent(). */
    (void)idle_ns;
    (void)rto_ns;
    (void)restart_window;
}

/* 5.4: a path that was idle is filled again at exactly its bandwidth. */
static void on_sent(struct weft_cc *cc, uint64_t now_ns, uint32_t flight, bool is_app_limited)
{
    struct bbr *b = bbr_of(cc);
    if (flight != 0 || !is_app_limited || !b->has_begun)
        return;
    b->at_ns = now_ns;
    b->is_idle_restart = true;
    b->extra_ns = now_ns;
    if (wf_bbr_is_probe_bw(b))
        set_pacing(b, cc, 100);
    else if (b->phase == BBR_PROBE_RTT)
        wf_bbr_probe_rtt_done(b, cc);
}

/* 5.5.11.2: nothing was lost, so nothing was learnt from it. */
static void on_undo(struct weft_cc *cc)
{
    struct bbr *b = bbr_of(cc);
    restore_cwnd(b, cc);
    b->is_loss_in_round = b->is_recovering = b->is_rto = b->has_rto_point = false;
    wf_bbr_reset_full(b, 0);
    b->bw_lo = wf_max_u64(b->bw_lo, b->undo_bw_lo);
    b->inflight_lo = wf_max_u32(b->inflight_lo, b->undo_lo);
    b->inflight_hi = wf_max_u32(b->inflight_hi, b->undo_hi);
    bool may_return = b->phase != BBR_PROBE_RTT;
    if (b->undo_phase == BBR_STARTUP && b->phase != BBR_STARTUP) {
        b->is_full = false;
        if (may_return)
            wf_bbr_enter_startup(b);
    } else if (b->undo_phase == BBR_UP && b->phase != BBR_UP && may_return) {
        wf_bbr_start_refill(b);
    }
    b->undo_phase = BBR_DRAIN;
}

static void info(const struct weft_cc *cc, struct weft_cc_info *out)
{
    static const char *const names[] = {
        [BBR_STARTUP] = "startup",         [BBR_DRAIN] = "drain",
        [BBR_DOWN] = "probe bw: down",     [BBR_CRUISE] = "probe bw: cruise",
        [BBR_REFILL] = "probe bw: refill", [BBR_UP] = "probe bw: up",
        [BBR_PROBE_RTT] = "probe rtt",
    };
    const struct bbr *b = cc->state.big;
    *out = (struct weft_cc_info){.phase = names[b->phase],
                                 .bw_Bps = b->bw,
                                 .min_rtt_us = b->min_rtt_us != BBR_INF ? b->min_rtt_us : 0};
}

const struct weft_cc_ops weft_cc_bbr = {.abi = WEFT_CC_ABI,
                                        .name = "bbr",
                                        .state_bytes = sizeof(struct bbr),
                                        .flags = WEFT_CC_EVERY_ACK | WEFT_CC_PACED | WEFT_CC_RATES,
                                        .recovery = WEFT_CC_RECOVERY_OWN,
                                        .init = init,
                                        .on_ack = on_ack,
                                        .on_loss = on_loss,
                                        .on_recovered = on_recovered,
                                        .on_rto = on_rto,
                                        .on_idle = on_idle,
                                        .on_undo = on_undo,
                                        .on_sent = on_sent,
                                        .info = info};
