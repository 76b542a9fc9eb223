/* SPDX-License-Identifier: MIT */
/**
 * DOC: CUBIC (RFC 9438)
 *
 * W_cubic(t) = C (t - K)^3 + W_max in segments and seconds, with C = 0.4 and beta = 0.7; here in
 * bytes and milliseconds, integers only. The Reno-friendly estimate W_est is followed where it is
 * larger. Fast convergence is on. Slow start grows by the bytes acknowledged.
 *
 * Deviation: TCP-ABC-02, TCP-ABC-03, TCP-CC-09: no limit of two segments for one acknowledgement,
 * as receivers that gather frames acknowledge dozens at once; a burst leaves as super-frames
 * anyway.
 */
#include <string.h>

#include "base/base.h"
#include "weft/cc.h"

#define BETA_NUM  7u
#define BETA_DEN  10u
#define ALPHA_NUM 9u /* 3 (1 - beta) / (1 + beta) = 9 / 17 */
#define ALPHA_DEN 17u
#define CWND_MAX  (1u << 30)
#define T_MAX_MS                                                                                   \
    100000 /* The cube of more would not fit; by then the window is limited anyway.                \
            */
#define NS_PER_MS 1000000u

/** struct cubic - State between acknowledgements */
struct cubic {
    uint64_t epoch_ns; /* Start of congestion avoidance; 0 = not begun. */
    uint32_t w_max;    /* Window before the last reduction. */
    uint32_t k_ms;     /* Time to reach w_max again. */
    uint32_t w_est;    /* Reno's window. */
    uint32_t prior;    /* cwnd at the last reduction: from there on alpha is 1. */
    uint32_t est_frac; /* Parts of w_est and cwnd that do not make a byte yet. */
    uint32_t cwnd_frac;
};
_Static_assert(sizeof(struct cubic) <= WEFT_CC_STATE_BYTES, "fits inline");

static struct cubic load(const struct weft_cc *cc)
{
    struct cubic s;
    memcpy(&s, cc->state.bytes, sizeof(s));
    return s;
}

static void store(struct weft_cc *cc, const struct cubic *s)
{
    memcpy(cc->state.bytes, s, sizeof(*s));
}

/* Largest integer whose cube is at most @v. */
static uint32_t cube_root(uint64_t v)
{
    uint64_t root = 0;
    for (int bit = 20; bit >= 0; bit--) {
        uint64_t next = root | (uint64_t)1 << bit;
        if (next * next * next <= v)
            root = next;
    }
    return (uint32_t)root;
}

static void init(struct weft_cc *cc, uint32_t mss, uint32_t initial_window)
{
    (void)mss;
    cc->cwnd = initial_window;
    cc->ssthresh = UINT32_MAX;
    memset(cc->state.bytes, 0, sizeof(cc->state.bytes));
}

static void begin_epoch(struct cubic *s, uint32_t cwnd, uint32_t mss, uint64_t now_ns)
{
    s->epoch_ns = now_ns;
    s->w_est = cwnd;
    s->est_frac = s->cwnd_frac = 0;
    if (s->w_max <= cwnd) {
        s->w_max = cwnd;
        s->k_ms = 0;
        return;
    }
    /* K = cbrt((W_max - cwnd) / C): 1 / 0.4 s^3 per segment are 2.5e9 ms^3. */
    s->k_ms = cube_root((uint64_t)(s->w_max - cwnd) * 2500000000u / mss);
}

static uint32_t w_cubic(const struct cubic *s, uint64_t t_ms, uint32_t mss)
{
    int64_t dt = (int64_t)wf_min_u64(t_ms, T_MAX_MS) - (int64_t)s->k_ms;
    if (dt > T_MAX_MS)
        dt = T_MAX_MS;
    if (dt < -T_MAX_MS)
        dt = -T_MAX_MS;
    /* 0.4 mss (dt / 1000)^3, divided in two steps so that nothing overflows. */
    int64_t delta = dt * dt * dt / 1000000 * (int64_t)(4 * mss) / 10000;
    int64_t w = (int64_t)s->w_max + delta;
    return w < (int64_t)mss ? mss : w > (int64_t)CWND_MAX ? CWND_MAX : (uint32_t)w;
}

/* Reno's window grows by alpha segments a round trip (RFC 9438 4.3). */
static void grow_estimate(struct cubic *s, uint32_t acked, uint32_t mss, uint32_t cwnd)
{
    bool is_past = s->w_est >= s->prior;
    uint64_t num = (uint64_t)acked * mss * (is_past ? ALPHA_DEN : ALPHA_NUM) + s->est_frac;
    uint64_t den = (uint64_t)cwnd * ALPHA_DEN;
    s->w_est = wf_min_u32(CWND_MAX, s->w_est + (uint32_t)(num / den));
    s->est_frac = (uint32_t)wf_min_u64(num % den, UINT32_MAX);
}

/* Time in which the window was not used up does not count (RFC 9438 4.2): the curve begins anew. */
static void end_epoch(struct weft_cc *cc)
{
    struct cubic s = load(cc);
    s.epoch_ns = 0;
    store(cc, &s);
}

static void on_ack(struct weft_cc *cc, const struct weft_cc_ack *a)
{
    uint32_t acked = a->acked;
    if (!a->is_cwnd_limited) {
        end_epoch(cc);
        return;
    }
    if (cc->cwnd < cc->ssthresh) {
        uint32_t step = wf_min_u32(acked, cc->ssthresh - cc->cwnd);
        cc->cwnd = wf_min_u32(CWND_MAX, cc->cwnd + step);
        acked -= step;
        if (acked == 0)
            return;
    }
    struct cubic s = load(cc);
    if (s.epoch_ns == 0)
        begin_epoch(&s, cc->cwnd, a->mss, a->now_ns);
    uint64_t t_ms = (a->now_ns - s.epoch_ns) / NS_PER_MS;
    grow_estimate(&s, acked, a->mss, cc->cwnd);
    if (w_cubic(&s, t_ms, a->mss) < s.w_est) {
        cc->cwnd = wf_max_u32(cc->cwnd, s.w_est);
    } else { /* RFC 9438 4.4: towards where the curve will be a round trip from now. */
        uint32_t target = w_cubic(&s, t_ms + a->srtt_us / 1000, a->mss);
        target = wf_min_u32(wf_max_u32(target, cc->cwnd), cc->cwnd + cc->cwnd / 2);
        uint64_t num = (uint64_t)(target - cc->cwnd) * acked + s.cwnd_frac;
        s.cwnd_frac = (uint32_t)(num % cc->cwnd);
        cc->cwnd = wf_min_u32(CWND_MAX, cc->cwnd + (uint32_t)(num / cc->cwnd));
    }
    store(cc, &s);
}

static void reduce(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    struct cubic s = load(cc);
    s.prior = cc->cwnd;
    /* Fast convergence (RFC 9438 4.7): leave room for others when the ceiling came down. */
    s.w_max = cc->cwnd < s.w_max ? (uint32_t)((uint64_t)cc->cwnd * 17 / 20) : cc->cwnd;
    s.epoch_ns = 0;
    uint32_t down = (uint32_t)((uint64_t)cc->cwnd * BETA_NUM / BETA_DEN);
    cc->ssthresh = wf_max_u32(down, 2 * l->mss);
    store(cc, &s);
}

static void on_loss(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    uint32_t down = (uint32_t)((uint64_t)cc->cwnd * BETA_NUM / BETA_DEN);
    reduce(cc, l);
    if (l->cause == WEFT_CC_ECN) /* RFC 9438 4.6: down to one segment. */
        cc->cwnd = wf_max_u32(down, l->mss);
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
    struct cubic s = load(cc);
    s.w_max = 0; /* RFC 9438 4.8: the next epoch begins at its own window, with K = 0. */
    s.epoch_ns = 0;
    store(cc, &s);
    cc->cwnd = l->mss;
}

static void on_idle(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns, uint32_t restart_window)
{
    for (; idle_ns > rto_ns && cc->cwnd > restart_window; idle_ns -= rto_ns)
        cc->cwnd = wf_max_u32(cc->cwnd / 2, restart_window); /* RFC 2861: halved per RTO. */
    end_epoch(cc);
}

static void on_undo(struct weft_cc *cc)
{
    struct cubic s = load(cc);
    cc->cwnd = wf_max_u32(cc->cwnd, s.prior);
    cc->ssthresh = wf_max_u32(cc->ssthresh, s.prior);
    s.epoch_ns = 0;
    store(cc, &s);
}

const struct weft_cc_ops weft_cc_cubic = {.abi = WEFT_CC_ABI,
                                          .name = "cubic",
                                          .state_bytes = sizeof(struct cubic),
                                          .init = init,
                                          .on_ack = on_ack,
                                          .on_loss = on_loss,
                                          .on_recovered = on_recovered,
                                          .on_rto = on_rto,
                                          .on_idle = on_idle,
                                          .on_undo = on_undo};
