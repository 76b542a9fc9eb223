/* SPDX-License-Identifier: MIT */
/**
 * DOC: CUBIC (RFC 9438) with HyStart++ (RFC 9406)
 *
 * W_cubic(t) = C (t - K)^3 + W_max in segments and seconds, with C = 0.4 and beta = 0.7; here in
 * bytes and milliseconds, integers only. The Reno-friendly estimate W_est is followed where it is
 * larger. Fast convergence is on.
 *
 * The first slow start is HyStart++'s: a round trip in which the smallest RTT rose leads to
 * conservative slow start (CSS), a quarter as fast; if the RTT falls again that was jitter, if not
 * for five rounds congestion avoidance begins. An acknowledgement adds at most eight segments, or
 * what it says if the sender paces. A later slow start counts bytes as RFC 3465 has it.
 */
#include <string.h>

#include "tcp/cc_window.h"

#define BETA_NUM  7u
#define BETA_DEN  10u
#define ALPHA_NUM 9u /* 3 (1 - beta) / (1 + beta) = 9 / 17 */
#define ALPHA_DEN 17u
#define T_MAX_MS                                                                                   \
    100000 /* The cube of more would not fit; by then the window is limited anyway.                \
            */
#define NS_PER_MS 1000000u

/* RFC 9406 4.3 */
#define MIN_RTT_THRESH_US  4000u
#define MAX_RTT_THRESH_US  16000u
#define MIN_RTT_DIVISOR    8u
#define N_RTT_SAMPLE       8u
#define CSS_GROWTH_DIVISOR 4u
#define CSS_ROUNDS         5u
#define UNPACED_L          8u
_Static_assert(CSS_GROWTH_DIVISOR >= 2, "RFC 9406 4.3: CSS is slower than slow start");

/** struct hystart - The first slow start; RTTs in us, 0 = none (infinity) */
struct hystart {
    uint32_t window_end; /* The round is over when this is acknowledged. */
    uint32_t last_min, current_min;
    uint32_t css_baseline;
    uint8_t samples; /* In this round. */
    uint8_t css_rounds;
    bool has_round : 1, is_css : 1;
    uint8_t limit; /* L: segments that one acknowledgement adds; 0 = UNPACED_L. */
};

/** struct curve - Congestion avoidance */
struct curve {
    uint32_t mid_ms;      /* When it reaches w_max, its beginning + K; 0 = not begun. */
    uint32_t ack_ms;      /* Of the last acknowledgement that was to raise the window. */
    uint32_t w_max;       /* Window before the last reduction; 0 = RTO, until an epoch begins. */
    uint32_t w_est : 31;  /* Reno's window. */
    uint32_t is_held : 1; /* Others came since: the application limits. */
    uint16_t est_rest, cwnd_rest; /* Of w_est and cwnd: parts of a byte, in 1/65536. */
};

/** struct saved - What the last reduction replaced, for undo (RFC 9438 4.9) */
struct saved {
    uint32_t ssthresh, w_max, mid_ms, prior;
};

/** struct cubic - State between acknowledgements */
struct cubic {
    union {
        struct hystart h; /* While prior is 0. */
        struct curve c;
    } u;
    uint32_t prior; /* cwnd when ssthresh was set last: from there on alpha is 1. */
    struct saved saved;
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

/* ---- the first slow start ---- */

static bool is_first_slow_start(const struct cubic *s)
{
    return s->prior == 0;
}

static void leave_hystart(struct cubic *s, uint32_t cwnd)
{
    if (!is_first_slow_start(s))
        return;
    s->u.c = (struct curve){0};
    s->prior = cwnd;
}

static uint32_t rtt_thresh(uint32_t last_min)
{
    return wf_max_u32(MIN_RTT_THRESH_US, wf_min_u32(last_min / MIN_RTT_DIVISOR, MAX_RTT_THRESH_US));
}

/* Delay rose: CSS. It fell again: no, that was jitter. */
static void look_at_delay(struct hystart *h)
{
    if (h->samples < N_RTT_SAMPLE)
        return;
    if (h->is_css) {
        if (h->current_min < h->css_baseline)
            h->is_css = false;
    } else if (h->last_min != 0 && h->current_min >= h->last_min + rtt_thresh(h->last_min)) {
        h->is_css = true;
        h->css_baseline = h->current_min;
        h->css_rounds = 0;
    }
}

/* One acknowledgement (RFC 9406 4.2); true if congestion avoidance is to begin. */
static bool hystart(struct hystart *h, const struct weft_cc_ack *a)
{
    if (!h->has_round) {
        h->has_round = true;
        h->window_end = a->nxt;
    }
    if (a->rtt_us != 0) {
        h->current_min = h->current_min == 0 ? a->rtt_us : wf_min_u32(h->current_min, a->rtt_us);
        if (h->samples < UINT8_MAX)
            h->samples++;
    }
    look_at_delay(h);
    if ((int32_t)(a->una - h->window_end) < 0)
        return false;
    h->window_end = a->nxt;
    h->last_min = h->current_min;
    h->current_min = 0;
    h->samples = 0;
    return h->is_css && ++h->css_rounds >= CSS_ROUNDS; /* The round it began in counts. */
}

static void slow_start(struct weft_cc *cc, struct cubic *s, const struct weft_cc_ack *a)
{
    if (!is_first_slow_start(s)) {
        uint32_t l = s->u.c.w_max == 0 ? CC_SLOW_L_RTO : CC_SLOW_L;
        if (a->is_cwnd_limited)
            wf_cc_slow_start(cc, a->acked, l * a->mss);
        return;
    }
    struct hystart *h = &s->u.h;
    uint32_t l = h->limit != 0 ? h->limit : UNPACED_L;
    uint32_t n = a->is_paced ? a->acked : wf_min_u32(a->acked, l * a->mss);
    if (a->is_cwnd_limited)
        wf_cc_slow_start(cc, h->is_css ? n / CSS_GROWTH_DIVISOR : n, UINT32_MAX);
    if (hystart(h, a))
        cc->ssthresh = cc->cwnd;
}

/* ---- congestion avoidance ---- */

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

static uint32_t ms_of(uint64_t ns)
{
    return (uint32_t)(ns / NS_PER_MS);
}

static uint32_t mid_of(uint32_t ms)
{
    return ms != 0 ? ms : UINT32_MAX; /* 0 means that no epoch has begun. */
}

static void set_estimate(struct curve *s, uint32_t w)
{
    s->w_est = wf_min_u32(CC_CWND_MAX, w) & INT32_MAX;
}

static void begin_epoch(struct curve *s, uint32_t cwnd, uint32_t mss, uint32_t now_ms)
{
    uint32_t k_ms = 0;
    set_estimate(s, cwnd);
    s->est_rest = s->cwnd_rest = 0;
    if (s->w_max <= cwnd)
        s->w_max = cwnd;
    else /* K = cbrt((W_max - cwnd) / C): 1 / 0.4 s^3 per segment are 2.5e9 ms^3. */
        k_ms = cube_root((uint64_t)(s->w_max - cwnd) * 2500000000u / mss);
    s->mid_ms = mid_of(now_ms + k_ms);
}

/* Time in which the application limited does not count (RFC 9438 4.2): the curve waits for it. */
static void resume(struct curve *s, uint32_t now_ms)
{
    if (s->is_held && s->mid_ms != 0)
        s->mid_ms = mid_of(s->mid_ms + (now_ms - s->ack_ms));
    s->is_held = false;
    s->ack_ms = now_ms;
}

/* t - K; the middle follows behind before the difference could wrap. */
static int32_t since_mid_ms(struct curve *s, uint32_t now_ms)
{
    int32_t dt = (int32_t)(now_ms - s->mid_ms);
    if (dt > T_MAX_MS)
        s->mid_ms = mid_of(now_ms - T_MAX_MS);
    return dt > T_MAX_MS ? T_MAX_MS : dt;
}

/* @dt: t - K, in ms */
static uint32_t w_cubic(const struct curve *s, int64_t dt, uint32_t mss)
{
    if (dt > T_MAX_MS)
        dt = T_MAX_MS;
    if (dt < -T_MAX_MS)
        dt = -T_MAX_MS;
    /* 0.4 mss (dt / 1000)^3, divided in two steps so that nothing overflows. */
    int64_t delta = dt * dt * dt / 1000000 * (int64_t)(4 * mss) / 10000;
    int64_t w = (int64_t)s->w_max + delta;
    return w < (int64_t)mss ? mss : w > (int64_t)CC_CWND_MAX ? CC_CWND_MAX : (uint32_t)w;
}

/* Reno's window grows by alpha segments a round trip (RFC 9438 4.3). */
static void grow_estimate(struct cubic *s, uint32_t acked, uint32_t mss, uint32_t cwnd)
{
    bool is_past = s->u.c.w_est >= s->prior;
    uint64_t num = (uint64_t)acked * mss * (is_past ? ALPHA_DEN : ALPHA_NUM);
    uint32_t step = wf_cc_ratio(num, (uint64_t)cwnd * ALPHA_DEN, &s->u.c.est_rest);
    set_estimate(&s->u.c, s->u.c.w_est + step);
}

static void avoidance(struct weft_cc *cc, struct cubic *s, const struct weft_cc_ack *a)
{
    struct curve *c = &s->u.c;
    leave_hystart(s, cc->cwnd);
    if (!a->is_cwnd_limited) {
        c->is_held = true;
        return;
    }
    uint32_t now_ms = ms_of(a->now_ns);
    resume(c, now_ms);
    if (c->mid_ms == 0)
        begin_epoch(c, cc->cwnd, a->mss, now_ms);
    int32_t dt = since_mid_ms(c, now_ms);
    grow_estimate(s, a->acked, a->mss, cc->cwnd);
    if (w_cubic(c, dt, a->mss) < c->w_est) {
        cc->cwnd = wf_max_u32(cc->cwnd, c->w_est);
        return;
    }
    /* RFC 9438 4.4: towards where the curve will be a round trip from now. */
    uint32_t target = w_cubic(c, (int64_t)dt + a->srtt_us / 1000, a->mss);
    target = wf_min_u32(wf_max_u32(target, cc->cwnd), cc->cwnd + cc->cwnd / 2);
    uint64_t num = (uint64_t)(target - cc->cwnd) * a->acked;
    wf_cc_grow(cc, wf_cc_ratio(num, cc->cwnd, &c->cwnd_rest));
}

/* ---- the table ---- */

static void init(struct weft_cc *cc, uint32_t mss, uint32_t initial_window)
{
    const struct cubic s = {.prior = 0};
    (void)mss;
    cc->cwnd = initial_window;
    cc->ssthresh = UINT32_MAX;
    store(cc, &s);
}

static void on_ack(struct weft_cc *cc, const struct weft_cc_ack *a)
{
    struct cubic s = load(cc);
    if (cc->cwnd < cc->ssthresh)
        slow_start(cc, &s, a);
    else
        avoidance(cc, &s, a);
    store(cc, &s);
}

/* The window that is left, which may be less than two segments. */
static uint32_t reduce(struct weft_cc *cc, struct cubic *s, const struct weft_cc_loss *l)
{
    leave_hystart(s, cc->cwnd);
    struct curve *c = &s->u.c;
    uint32_t left = (uint32_t)((uint64_t)cc->cwnd * BETA_NUM / BETA_DEN);
    resume(c, ms_of(l->now_ns));
    s->saved = (struct saved){cc->ssthresh, c->w_max, c->mid_ms, s->prior};
    s->prior = cc->cwnd;
    /* Fast convergence (RFC 9438 4.7): leave room for others when the ceiling came down. */
    c->w_max = cc->cwnd < c->w_max ? (uint32_t)((uint64_t)cc->cwnd * 17 / 20) : cc->cwnd;
    c->mid_ms = 0;
    cc->ssthresh = wf_max_u32(left, 2 * l->mss);
    return left;
}

static void on_loss(struct weft_cc *cc, const struct weft_cc_loss *l)
{
    struct cubic s = load(cc);
    uint32_t left = reduce(cc, &s, l);
    if (l->cause == WEFT_CC_ECN) /* Down to one segment (RFC 9438 4.6). */
        cc->cwnd = wf_max_u32(left, l->mss);
    store(cc, &s);
}

static void on_rto(struct weft_cc *cc, const struct weft_cc_loss *l, bool is_first)
{
    struct cubic s = load(cc);
    if (is_first)
        (void)reduce(cc, &s, l);
    leave_hystart(&s, cc->cwnd);
    s.u.c.w_max = 0; /* RFC 9438 4.8: the next epoch begins at its own window, with K = 0. */
    s.u.c.mid_ms = 0;
    cc->cwnd = l->mss;
    store(cc, &s);
}

static void on_idle(struct weft_cc *cc, uint64_t idle_ns, uint64_t rto_ns, uint32_t restart_window)
{
    struct cubic s = load(cc);
    for (; idle_ns > rto_ns && cc->cwnd > restart_window; idle_ns -= rto_ns)
        cc->cwnd = wf_max_u32(cc->cwnd / 2, restart_window); /* RFC 2861: halved per RTO. */
    if (!is_first_slow_start(&s))
        s.u.c.mid_ms = 0;
    store(cc, &s);
}

static void on_undo(struct weft_cc *cc)
{
    struct cubic s = load(cc);
    if (is_first_slow_start(&s) || cc->cwnd > s.prior)
        return;
    cc->cwnd = s.prior;
    cc->ssthresh = s.saved.ssthresh;
    if (cc->ssthresh == UINT32_MAX) {   /* It was the first slow start, and is again. */
        s = (struct cubic){.prior = 0}; /* With the usual limit. */
    } else {
        if (s.u.c.mid_ms != 0) /* An epoch has begun since, and overwrote it. */
            set_estimate(&s.u.c, cc->cwnd);
        s.u.c.w_max = s.saved.w_max;
        s.u.c.mid_ms = s.saved.mid_ms;
        s.prior = s.saved.prior;
    }
    store(cc, &s);
}

static int set(struct weft_cc *cc, int param, uint32_t value)
{
    struct cubic s = load(cc);
    if (param == WEFT_CC_PARAM_SSTHRESH)
        return wf_cc_set_ssthresh(cc, value);
    if (param != WEFT_CC_PARAM_LIMIT || value < 1 || value > UINT8_MAX)
        return -WEFT_EINVAL;
    if (is_first_slow_start(&s)) {
        s.u.h.limit = (uint8_t)value;
        store(cc, &s);
    }
    return 0;
}

const struct weft_cc_ops weft_cc_cubic = {.abi = WEFT_CC_ABI,
                                          .name = "cubic",
                                          .state_bytes = sizeof(struct cubic),
                                          .init = init,
                                          .on_ack = on_ack,
                                          .on_loss = on_loss,
                                          .on_recovered = wf_cc_recovered,
                                          .on_rto = on_rto,
                                          .on_idle = on_idle,
                                          .on_undo = on_undo,
                                          .set = set};
