/* SPDX-License-Identifier: MIT */
/**
 * DOC: Vegas (Brakmo and Peterson, 1995): the window follows the delay
 *
 * BaseRTT is the smallest round trip ever seen: nothing waits anywhere. Once each round trip the
 * smallest sample of that round tells how much of the window waits in queues on the way:
 * diff = cwnd (RTT - BaseRTT) / RTT, in segments. Below alpha the window grows by a segment, above
 * beta it shrinks by one. Slow start grows in every second round only, so that the other one is
 * measured at a steady window, and ends when diff passes gamma, at the window that would have
 * filled the path without a queue. Fewer than three samples say nothing: then it grows like Reno.
 *
 * Losses are answered as Reno does. Known to lose against flows that fill queues, and not to find
 * out when the path becomes longer.
 */
#include <string.h>

#include "tcp/cc_window.h"

#define ONE         1000u /* Thresholds are thousandths of a segment. */
#define ALPHA       2000u
#define BETA        4000u
#define GAMMA       1000u
#define THRESH_MAX  65000u
#define SAMPLES_MIN 3u
#define CWND_MIN    2u /* Segments. */

/** struct vegas - State between acknowledgements */
struct vegas {
    uint32_t base_us;   /* BaseRTT, 0 = none yet. */
    uint32_t min_us;    /* Smallest sample of this round, 0 = none yet. */
    uint32_t round_end; /* The round is over when this is acknowledged. */
    uint32_t prior, prior_ssthresh;
    uint16_t alpha, beta, gamma;
    uint8_t samples; /* In this round. */
    bool has_round;
    bool is_measuring; /* Slow start holds still in this round. */
    bool is_after_rto;
};
_Static_assert(sizeof(struct vegas) <= WEFT_CC_STATE_BYTES, "fits inline");

static struct vegas load(const struct weft_cc *cc)
{
    struct vegas s;
    memcpy(&s, cc->state.bytes, sizeof(s));
    return s;
}

static void store(struct weft_cc *cc, const struct vegas *s)
{
    memcpy(cc->state.bytes, s, sizeof(*s));
}

static void init(struct weft_cc *cc, uint32_t mss, uint32_t initial_window)
{
    const struct vegas s = {.alpha = ALPHA, .beta = BETA, .gamma = GAMMA};
    (void)mss;
    cc->cwnd = initial_window;
    cc->ssthresh = UINT32_MAX;
    store(cc, &s);
}

static void take_sample(struct vegas *s, uint32_t rtt_us)
{
    if (rtt_us == 0)
        return;
    if (s->base_us == 0 || rtt_us < s->base_us)
        s->base_us = rtt_us;
    if (s->min_us == 0 || rtt_us < s->min_us)
        s->min_us = rtt_us;
    if (s->samples < UINT8_MAX)
        s->samples++;
}

/* Bytes of the window that wait in queues. */
static uint32_t queued(const struct weft_cc *cc, const struct vegas *s)
{
    return (uint32_t)((uint64_t)cc->cwnd * (s->min_us - s->base_us) / s->min_us);
}

/* A round trip is over: one step up, one down, or none. */
static void end_round(struct weft_cc *cc, struct vegas *s, const struct weft_cc_ack *a)
{
    bool is_slow_start = cc->cwnd < cc->ssthresh, is_known = s->samples >= SAMPLES_MIN;
    uint32_t waits = is_known ? queued(cc, s) : 0;
    uint64_t diff = (uint64_t)waits * ONE / a->mss;
    if (is_slow_start && is_known && diff > s->gamma) {
        cc->cwnd = wf_min_u32(cc->cwnd, cc->cwnd - waits + a->mss);
        cc->cwnd = wf_max_u32(cc->cwnd, CWND_MIN * a->mss);
        cc->ssthresh = wf_min_u32(cc->ssthresh, cc->cwnd);
    } else if (is_slow_start) {
        s->is_measuring = !s->is_measuring;
    } else if (is_known && diff > wf_max_u32(s->alpha, s->beta)) {
        if (cc->cwnd >= (CWND_MIN + 1) * a->mss)
            cc->cwnd -= a->mss;
    } else if (diff < s->alpha && a->is_cwnd_limited) {
        wf_cc_grow(cc, a->mss);
    }
    s->min_us = 0;
    s->samples = 0;
    s->round_end = a->nxt;
}

static void on_ack(struct weft_cc *cc, const struct weft_cc_ack *a)
{
    struct vegas s = load(cc);
    if (!s.has_round) {
        s.has_round = true;
        s.round_end = a->nxt;
    }
    take_sample(&s, a->rtt_us);
    if (cc->cwnd >= cc->ssthresh)
        s.is_after_rto = false;
    else if (a->is_cwnd_limited && !s.is_measuring)
        wf_cc_slow_start(cc, a->acked, (s.is_after_rto ? CC_SLOW_L_RTO : CC_SLOW_L) * a->mss);
    if ((int32_t)(a->una - s.round_end) >= 0)
        end_round(cc, &s, a);
    store(cc, &s);
}

/* What a round had measured before the window changed says nothing of the new one. */
static void forget_round(struct vegas *s)
{
    s->has_round = s->is_measuring = false;
    s->min_us = 0;
    s->samples = 0;
}

static void reduce(struct weft_cc *cc, struct vegas *s, const struct weft_cc_loss *l)
{
    s->prior = cc->cwnd;
    s->prior_ssthresh = cc->ssthresh;
    s->is_after_rto = false;
    forget_round(s);
    cc->ssthresh = wf_max_u32(l->flight / 2, CWND_MIN * l->mss);
}

static void on_loss(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    struct vegas s = load(cc);
    reduce(cc, &s, l);
    if (l->cause == WEFT_CC_ECN)
        cc->cwnd = cc->ssthresh;
    store(cc, &s);
}

static void on_rto(struct weft_cc *cc, const struct weft_cc_loss *l, bool is_first)
{
    struct vegas s = load(cc);
    if (is_first)
        reduce(cc, &s, l);
    s.is_after_rto = true;
    cc->cwnd = l->mss;
    store(cc, &s);
}

static void on_idle(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns, uint32_t restart_window)
{
    struct vegas s = load(cc);
    wf_cc_restart(cc, idle_ns, rto_ns, restart_window);
    forget_round(&s);
    store(cc, &s);
}

static void on_undo(struct weft_cc *cc)
{
    struct vegas s = load(cc);
    cc->cwnd = wf_max_u32(cc->cwnd, s.prior);
    if (s.prior != 0)
        cc->ssthresh = s.prior_ssthresh;
    s.is_after_rto = false;
    store(cc, &s);
}

static int set(struct weft_cc *cc, int param, uint32_t value)
{
    struct vegas s = load(cc);
    if (param == WEFT_CC_PARAM_SSTHRESH)
        return wf_cc_set_ssthresh(cc, value);
    if (value < 1 || value > THRESH_MAX)
        return -WEFT_EINVAL;
    if (param == WEFT_CC_PARAM_ALPHA)
        s.alpha = (uint16_t)value;
    else if (param == WEFT_CC_PARAM_BETA)
        s.beta = (uint16_t)value;
    else if (param == WEFT_CC_PARAM_GAMMA)
        s.gamma = (uint16_t)value;
    else
        return -WEFT_EINVAL;
    store(cc, &s);
    return 0;
}

const struct weft_cc_ops weft_cc_vegas = {.abi = WEFT_CC_ABI,
                                          .name = "vegas",
                                          .state_bytes = sizeof(struct vegas),
                                          .init = init,
                                          .on_ack = on_ack,
                                          .on_loss = on_loss,
                                          .on_recovered = wf_cc_recovered,
                                          .on_rto = on_rto,
                                          .on_idle = on_idle,
                                          .on_undo = on_undo,
                                          .set = set};
