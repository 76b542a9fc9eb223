/* SPDX-License-Identifier: MIT */
/**
 * DOC: Reno's window rules (RFC 5681) with byte counting (RFC 3465); loss recovery is elsewhere
 *
 * Deviation: TCP-ABC-02, TCP-ABC-03: as in cc_cubic.c.
 */
#include <string.h>

#include "base/base.h"
#include "weft/cc.h"

#define CWND_MAX (1u << 30)

/** struct reno - State between acknowledgements */
struct reno {
    uint32_t acked; /* Bytes acknowledged since cwnd last grew in congestion avoidance. */
    uint32_t prior; /* cwnd before the last reduction. */
};
_Static_assert(sizeof(struct reno) <= WEFT_CC_STATE_BYTES, "fits inline");

static void init(struct weft_cc *cc, uint32_t mss, uint32_t initial_window)
{
    (void)mss;
    cc->cwnd = initial_window;
    cc->ssthresh = UINT32_MAX;
    memset(cc->state.bytes, 0, sizeof(cc->state.bytes));
}

static void on_ack(struct weft_cc *cc, const struct weft_cc_ack *a)
{
    struct reno s;
    if (!a->is_cwnd_limited)
        return;
    memcpy(&s, cc->state.bytes, sizeof(s));
    if (cc->cwnd < cc->ssthresh) {
        cc->cwnd = wf_min_u32(CWND_MAX, cc->cwnd + a->acked);
    } else { /* One segment for each window's worth of acknowledged bytes. */
        s.acked += a->acked;
        if (s.acked >= cc->cwnd) {
            s.acked -= cc->cwnd;
            cc->cwnd = wf_min_u32(CWND_MAX, cc->cwnd + a->mss);
        }
    }
    memcpy(cc->state.bytes, &s, sizeof(s));
}

static void reduce(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    struct reno s = {.acked = 0, .prior = cc->cwnd};
    cc->ssthresh = wf_max_u32(l->flight / 2, 2 * l->mss);
    memcpy(cc->state.bytes, &s, sizeof(s));
}

static void on_loss(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    reduce(cc, l);
    if (l->cause == WEFT_CC_ECN) /* RFC 3168 6.1.2: half, down to one segment. */
        cc->cwnd = wf_max_u32(wf_min_u32(cc->cwnd, l->flight) / 2, l->mss);
}

static void on_recovered(struct weft_cc *cc, uint64_t now_ns)
{
    (void)now_ns;
    cc->cwnd = cc->ssthresh;
}

static void on_rto(struct weft_cc *cc, const struct weft_cc_loss *l, bool is_first)
{
    if (is_first)
        reduce(cc, l);
    cc->cwnd = l->mss;
}

static void on_idle(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns, uint32_t restart_window)
{
    if (idle_ns > rto_ns)
        cc->cwnd = wf_min_u32(cc->cwnd, restart_window); /* RFC 5681 4.1 */
}

static void on_undo(struct weft_cc *cc)
{
    struct reno s;
    memcpy(&s, cc->state.bytes, sizeof(s));
    cc->cwnd = wf_max_u32(cc->cwnd, s.prior);
    cc->ssthresh = wf_max_u32(cc->ssthresh, s.prior);
}

const struct weft_cc_ops weft_cc_reno = {.abi = WEFT_CC_ABI,
                                         .name = "reno",
                                         .state_bytes = sizeof(struct reno),
                                         .init = init,
                                         .on_ack = on_ack,
                                         .on_loss = on_loss,
                                         .on_recovered = on_recovered,
                                         .on_rto = on_rto,
                                         .on_idle = on_idle,
                                         .on_undo = on_undo};
