/* SPDX-License-Identifier: MIT */
/**
 * DOC: Tahoe, Reno and NewReno (RFC 5681, RFC 6582) with byte counting (RFC 3465)
 *
 * One set of window rules, three ways through a loss. Tahoe goes back to one segment and slow
 * start. Reno's fast recovery inflates the window with each duplicate acknowledgement and ends
 * with the first acknowledgement of new data; NewReno's lasts until everything that was in flight
 * is acknowledged, and deflates with each partial acknowledgement. With SACK nothing is inflated:
 * what arrived has left the flight, and the window is ssthresh at once (RFC 6675).
 */
#include <string.h>

#include "tcp/cc_window.h"

#define INFLATE_MAX 3u /* RFC 5681 3.2 step 3: what the three duplicates stand for. */

/** struct reno - State between acknowledgements */
struct reno {
    uint32_t acked; /* Bytes acknowledged since cwnd last grew in congestion avoidance. */
    uint32_t prior; /* cwnd and ssthresh before the last reduction. */
    uint32_t prior_ssthresh;
    uint32_t inflatable; /* Bytes by which duplicates may still inflate the window. */
    uint8_t limit, inflate;
    bool has_sack, is_fast;
    bool is_after_rto; /* Slow start over what was lost: an acknowledgement adds one segment. */
};
_Static_assert(sizeof(struct reno) <= WEFT_CC_STATE_BYTES, "fits inline");

static struct reno load(const struct weft_cc *cc)
{
    struct reno s;
    memcpy(&s, cc->state.bytes, sizeof(s));
    return s;
}

static void store(struct weft_cc *cc, const struct reno *s)
{
    memcpy(cc->state.bytes, s, sizeof(*s));
}

static void init(struct weft_cc *cc, uint32_t mss, uint32_t initial_window)
{
    const struct reno s = {.limit = CC_SLOW_L, .inflate = INFLATE_MAX};
    (void)mss;
    cc->cwnd = initial_window;
    cc->ssthresh = UINT32_MAX;
    store(cc, &s);
}

/*
 * Fast recovery without SACK. A duplicate says that a segment has left the network (RFC 5681 3.2
 * step 4), but the one that began the recovery is counted already; a partial acknowledgement takes
 * back what it covers, but for a segment (RFC 6582 3.2 step 3).
 */
static void in_recovery(struct weft_cc *cc, struct reno *s, const struct weft_cc_ack *a)
{
    if (s->has_sack || !s->is_fast)
        return;
    if (a->is_advance) {
        cc->cwnd -= wf_min_u32(cc->cwnd, a->acked);
        if (a->acked >= a->mss)
            cc->cwnd += a->mss;
        cc->cwnd = wf_max_u32(cc->cwnd, a->mss);
    } else if (a->newly_lost == 0 && s->inflatable >= a->mss) {
        s->inflatable -= a->mss;
        wf_cc_grow(cc, a->mss);
    }
}

static void on_ack(struct weft_cc *cc, const struct weft_cc_ack *a)
{
    struct reno s = load(cc);
    if (a->is_recovering) {
        in_recovery(cc, &s, a);
    } else if (!a->is_cwnd_limited || !a->is_advance) {
        return;
    } else if (cc->cwnd < cc->ssthresh) {
        wf_cc_slow_start(cc, a->acked, (s.is_after_rto ? CC_SLOW_L_RTO : s.limit) * a->mss);
    } else { /* One segment for each window's worth of acknowledged bytes. */
        s.is_after_rto = false;
        s.acked += a->acked;
        if (s.acked >= cc->cwnd) {
            s.acked -= cc->cwnd;
            wf_cc_grow(cc, a->mss);
        }
    }
    store(cc, &s);
}

static void reduce(struct weft_cc *cc, struct reno *s, const struct weft_cc_loss *l)
{
    s->acked = 0;
    s->prior = s->is_fast ? cc->ssthresh : cc->cwnd; /* Not what duplicates inflated it to. */
    s->prior_ssthresh = cc->ssthresh;
    s->is_after_rto = false;
    s->is_fast = false;
    cc->ssthresh = wf_max_u32(l->flight / 2, 2 * l->mss);
}

static void on_loss(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    struct reno s = load(cc);
    /* RFC 3168 6.1.2: half, down to one segment. */
    uint32_t marked = wf_max_u32(wf_min_u32(cc->cwnd, l->flight) / 2, l->mss);
    reduce(cc, &s, l);
    cc->cwnd = l->cause == WEFT_CC_ECN ? marked : cc->ssthresh;
    if (l->cause == WEFT_CC_LOSS) {
        s.is_fast = true;
        s.has_sack = l->has_sack;
        s.inflatable = l->flight;
        if (!l->has_sack)
            wf_cc_grow(cc, s.inflate * l->mss);
    }
    store(cc, &s);
}

static void on_loss_tahoe(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    struct reno s = load(cc);
    reduce(cc, &s, l);
    s.is_after_rto = l->cause == WEFT_CC_LOSS;
    cc->cwnd = s.is_after_rto ? l->mss : cc->ssthresh;
    store(cc, &s);
}

static void on_recovered(struct weft_cc *cc, uint64_t now_ns)
{
    struct reno s = load(cc);
    (void)now_ns;
    s.is_fast = false;
    cc->cwnd = cc->ssthresh;
    store(cc, &s);
}

static void on_recovered_tahoe(struct weft_cc *cc, uint64_t now_ns)
{
    (void)cc; /* Slow start goes on. */
    (void)now_ns;
}

static void on_rto(struct weft_cc *cc, const struct weft_cc_loss *l, bool is_first)
{
    struct reno s = load(cc);
    if (is_first)
        reduce(cc, &s, l);
    s.is_after_rto = true;
    cc->cwnd = l->mss;
    store(cc, &s);
}

static void on_idle(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns, uint32_t restart_window)
{
    if (idle_ns > rto_ns)
        cc->cwnd = wf_min_u32(cc->cwnd, restart_window); /* RFC 5681 4.1 */
}

static void on_undo(struct weft_cc *cc)
{
    struct reno s = load(cc);
    cc->cwnd = wf_max_u32(s.is_fast ? cc->ssthresh : cc->cwnd, s.prior);
    if (s.prior != 0)
        cc->ssthresh = s.prior_ssthresh;
    s.is_fast = s.is_after_rto = false;
    store(cc, &s);
}

static int set(struct weft_cc *cc, int param, uint32_t value)
{
    struct reno s = load(cc);
    if (param == WEFT_CC_PARAM_SSTHRESH)
        return wf_cc_set_ssthresh(cc, value);
    if (param == WEFT_CC_PARAM_LIMIT && value >= 1 && value <= CC_SLOW_L)
        s.limit = (uint8_t)value;
    else if (param == WEFT_CC_PARAM_INFLATE && value <= INFLATE_MAX &&
             cc->ops->recovery == WEFT_CC_RECOVERY_OWN)
        s.inflate = (uint8_t)value;
    else
        return -WEFT_EINVAL;
    store(cc, &s);
    return 0;
}

const struct weft_cc_ops weft_cc_reno = {.abi = WEFT_CC_ABI,
                                         .name = "reno",
                                         .state_bytes = sizeof(struct reno),
                                         .flags = WEFT_CC_EVERY_ACK | WEFT_CC_FIRST_ACK,
                                         .recovery = WEFT_CC_RECOVERY_OWN,
                                         .init = init,
                                         .on_ack = on_ack,
                                         .on_loss = on_loss,
                                         .on_recovered = on_recovered,
                                         .on_rto = on_rto,
                                         .on_idle = on_idle,
                                         .on_undo = on_undo,
                                         .set = set};

const struct weft_cc_ops weft_cc_newreno = {.abi = WEFT_CC_ABI,
                                            .name = "newreno",
                                            .state_bytes = sizeof(struct reno),
                                            .flags = WEFT_CC_EVERY_ACK,
                                            .recovery = WEFT_CC_RECOVERY_OWN,
                                            .init = init,
                                            .on_ack = on_ack,
                                            .on_loss = on_loss,
                                            .on_recovered = on_recovered,
                                            .on_rto = on_rto,
                                            .on_idle = on_idle,
                                            .on_undo = on_undo,
                                            .set = set};

const struct weft_cc_ops weft_cc_tahoe = {.abi = WEFT_CC_ABI,
                                          .name = "tahoe",
                                          .state_bytes = sizeof(struct reno),
                                          .recovery = WEFT_CC_RECOVERY_NONE,
                                          .init = init,
                                          .on_ack = on_ack,
                                          .on_loss = on_loss_tahoe,
                                          .on_recovered = on_recovered_tahoe,
                                          .on_rto = on_rto,
                                          .on_idle = on_idle,
                                          .on_undo = on_undo,
                                          .set = set};
