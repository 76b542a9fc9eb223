/* SPDX-License-Identifier: MIT */
/**
 * DOC: AIMD and MIMD with settable factors, to teach with
 *
 * Additive increase: a segments each round trip; multiplicative increase: a factor each round trip.
 * Both leave the factor b of the window after a loss. Factors are thousandths and may be changed
 * while data flows: the next acknowledgement counts with the new ones. AIMD flows that share a link
 * converge to equal windows, MIMD flows keep the ratio they began with. Neither is meant for the
 * Internet: with a above 1 AIMD is more aggressive than RFC 5681 allows, and MIMD always is.
 */
#include <string.h>

#include "tcp/cc_window.h"

#define ONE       1000u /* Factors are thousandths. */
#define A_ADD_MAX 100000u
#define A_MUL_MAX 2000u /* A window that doubles each round trip: slow start. */

/** struct aimd - State between acknowledgements */
struct aimd {
    uint32_t a, b;
    uint32_t prior, prior_ssthresh; /* cwnd and ssthresh before the last reduction. */
    uint16_t rest;                  /* Of a byte of cwnd, in 1/65536. */
    bool is_after_rto;
};
_Static_assert(sizeof(struct aimd) <= WEFT_CC_STATE_BYTES, "fits inline");

static struct aimd load(const struct weft_cc *cc)
{
    struct aimd s;
    memcpy(&s, cc->state.bytes, sizeof(s));
    return s;
}

static void store(struct weft_cc *cc, const struct aimd *s)
{
    memcpy(cc->state.bytes, s, sizeof(*s));
}

static void begin(struct weft_cc *cc, uint32_t initial_window, uint32_t a)
{
    const struct aimd s = {.a = a, .b = ONE / 2};
    cc->cwnd = initial_window;
    cc->ssthresh = UINT32_MAX;
    store(cc, &s);
}

static void init_aimd(struct weft_cc *cc, uint32_t mss, uint32_t initial_window)
{
    (void)mss;
    begin(cc, initial_window, ONE);
}

static void init_mimd(struct weft_cc *cc, uint32_t mss, uint32_t initial_window)
{
    (void)mss;
    begin(cc, initial_window, ONE + ONE / 10);
}

/* Slow start, if there is one; true if this acknowledgement belongs to it or may not grow. */
static bool slow_start(struct weft_cc *cc, struct aimd *s, const struct weft_cc_ack *a)
{
    if (!a->is_cwnd_limited)
        return true;
    if (cc->cwnd < cc->ssthresh) {
        wf_cc_slow_start(cc, a->acked, (s->is_after_rto ? CC_SLOW_L_RTO : CC_SLOW_L) * a->mss);
        return true;
    }
    s->is_after_rto = false;
    return false;
}

static void on_ack_aimd(struct weft_cc *cc, const struct weft_cc_ack *a)
{
    struct aimd s = load(cc);
    if (slow_start(cc, &s, a))
        return;
    uint64_t num = (uint64_t)wf_min_u32(a->acked, cc->cwnd) * a->mss * s.a;
    wf_cc_grow(cc, wf_cc_ratio(num, (uint64_t)cc->cwnd * ONE, &s.rest));
    store(cc, &s);
}

static void on_ack_mimd(struct weft_cc *cc, const struct weft_cc_ack *a)
{
    struct aimd s = load(cc);
    if (slow_start(cc, &s, a))
        return;
    wf_cc_grow(cc, wf_cc_ratio((uint64_t)a->acked * (s.a - ONE), ONE, &s.rest));
    store(cc, &s);
}

static uint32_t reduce(struct weft_cc *cc, struct aimd *s, const struct weft_cc_loss *l)
{
    uint32_t left = (uint32_t)((uint64_t)cc->cwnd * s->b / ONE);
    s->prior = cc->cwnd;
    s->prior_ssthresh = cc->ssthresh;
    s->rest = 0;
    s->is_after_rto = false;
    cc->ssthresh = wf_max_u32(left, 2 * l->mss);
    return left;
}

static void on_loss(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    struct aimd s = load(cc);
    uint32_t left = reduce(cc, &s, l);
    if (l->cause == WEFT_CC_ECN)
        cc->cwnd = wf_max_u32(left, l->mss);
    store(cc, &s);
}

static void on_rto(struct weft_cc *cc, const struct weft_cc_loss *l, bool is_first)
{
    struct aimd s = load(cc);
    if (is_first)
        (void)reduce(cc, &s, l);
    s.is_after_rto = true;
    cc->cwnd = l->mss;
    store(cc, &s);
}

static void on_undo(struct weft_cc *cc)
{
    struct aimd s = load(cc);
    cc->cwnd = wf_max_u32(cc->cwnd, s.prior);
    if (s.prior != 0)
        cc->ssthresh = s.prior_ssthresh;
    s.is_after_rto = false;
    store(cc, &s);
}

static int set(struct weft_cc *cc, int param, uint32_t value)
{
    struct aimd s = load(cc);
    bool is_mimd = cc->ops == &weft_cc_mimd;
    uint32_t a_min = is_mimd ? ONE + 1 : 1, a_max = is_mimd ? A_MUL_MAX : A_ADD_MAX;
    if (param == WEFT_CC_PARAM_SSTHRESH)
        return wf_cc_set_ssthresh(cc, value);
    if (param == WEFT_CC_PARAM_A && value >= a_min && value <= a_max)
        s.a = value;
    else if (param == WEFT_CC_PARAM_B && value >= 1 && value < ONE)
        s.b = value;
    else
        return -WEFT_EINVAL;
    store(cc, &s);
    return 0;
}

const struct weft_cc_ops weft_cc_aimd = {.abi = WEFT_CC_ABI,
                                         .name = "aimd",
                                         .state_bytes = sizeof(struct aimd),
                                         .init = init_aimd,
                                         .on_ack = on_ack_aimd,
                                         .on_loss = on_loss,
                                         .on_recovered = wf_cc_recovered,
                                         .on_rto = on_rto,
                                         .on_idle = wf_cc_restart,
                                         .on_undo = on_undo,
                                         .set = set};

const struct weft_cc_ops weft_cc_mimd = {.abi = WEFT_CC_ABI,
                                         .name = "mimd",
                                         .state_bytes = sizeof(struct aimd),
                                         .init = init_mimd,
                                         .on_ack = on_ack_mimd,
                                         .on_loss = on_loss,
                                         .on_recovered = wf_cc_recovered,
                                         .on_rto = on_rto,
                                         .on_idle = wf_cc_restart,
                                         .on_undo = on_undo,
                                         .set = set};
