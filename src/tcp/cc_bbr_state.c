/* SPDX-License-Identifier: MIT */
/** DOC: BBR's states and what leads from one to the next (draft-ietf-ccwg-bbr 5.3, 5.4) */
#include "tcp/cc_bbr.h"

#define STARTUP_LOSS_ACKS 6u
#define DRAIN_ROUNDS      3u
#define UP_ROUNDS_MAX     30u
#define RENO_ROUNDS_MAX   63u /* Reno would have probed by then, on paths where that is soon. */
#define PROBE_WAIT_MS     2000u
#define PROBE_WAIT_VAR_MS 1000u
#define PROBE_RTT_NS      (200ull * BBR_NS_PER_MS)
#define QUANTUM_MAX       65536u

void wf_bbr_gains(enum bbr_phase phase, uint32_t *pacing, uint32_t *cwnd)
{
    static const struct {
        uint16_t pacing, cwnd;
    } gains[] = {
        [BBR_STARTUP] = {277, 200},  [BBR_DRAIN] = {50, 200},   [BBR_DOWN] = {90, 200},
        [BBR_CRUISE] = {100, 200},   [BBR_REFILL] = {100, 200}, [BBR_UP] = {125, 225},
        [BBR_PROBE_RTT] = {100, 50},
    };
    *pacing = gains[phase].pacing;
    *cwnd = gains[phase].cwnd;
}

bool wf_bbr_is_probe_bw(const struct bbr *b)
{
    return b->phase == BBR_DOWN || b->phase == BBR_CRUISE || b->phase == BBR_REFILL ||
           b->phase == BBR_UP;
}

uint32_t wf_bbr_bdp(const struct bbr *b, uint64_t bw, uint32_t gain)
{
    if (b->min_rtt_us == BBR_INF)
        return b->initial_cwnd;
    uint64_t bytes = (uint64_t)wf_bbr_volume(bw, b->min_rtt_us) * gain / 100;
    return (uint32_t)wf_min_u64(bytes, BBR_CWND_MAX);
}

uint32_t wf_bbr_budget(const struct bbr *b, uint32_t bytes, uint64_t pacing_Bps)
{
    uint64_t quantum = wf_max_u64(wf_min_u64(pacing_Bps / 1000, QUANTUM_MAX), 2ULL * b->mss);
    bytes = wf_max_u32(bytes, wf_max_u32((uint32_t)(3 * quantum), BBR_PIPE_SEGS * b->mss));
    return b->phase == BBR_UP ? bytes + 2 * b->mss : bytes;
}

uint32_t wf_bbr_headroom(const struct bbr *b)
{
    if (b->inflight_hi == BBR_INF)
        return BBR_INF;
    uint32_t room = wf_max_u32(b->mss, (uint32_t)((uint64_t)b->inflight_hi * BBR_HEADROOM / 100));
    uint32_t left = b->inflight_hi > room ? b->inflight_hi - room : 0;
    return wf_max_u32(left, BBR_PIPE_SEGS * b->mss);
}

uint32_t wf_bbr_probe_rtt_cwnd(const struct bbr *b)
{
    return wf_max_u32(wf_bbr_bdp(b, b->bw, 50), BBR_PIPE_SEGS * b->mss);
}

static uint32_t target_inflight(const struct bbr *b, uint32_t cwnd)
{
    return wf_min_u32(wf_bbr_bdp(b, b->bw, 100), cwnd);
}

/* ---- entering a state ---- */

void wf_bbr_enter_startup(struct bbr *b)
{
    b->phase = BBR_STARTUP;
}

static void enter_drain(struct bbr *b)
{
    b->phase = BBR_DRAIN;
    b->drain_round = b->round;
}

/* How long to wait for the next probe, so that flows do not probe in step. */
static void pick_wait(struct bbr *b)
{
    uint64_t x = b->at_ns ^ b->delivered * 0x9e3779b97f4a7c15ull ^ b->bw << 20;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    x ^= x >> 31;
    b->rounds_since_up = (uint32_t)(x & 1);
    b->wait_ms = PROBE_WAIT_MS + (uint32_t)(x >> 1) % (PROBE_WAIT_VAR_MS + 1);
}

static void start_down(struct bbr *b)
{
    wf_bbr_reset_signals(b);
    b->up_per_inc = BBR_INF;
    pick_wait(b);
    b->cycle_ns = b->at_ns;
    b->acks = BBR_ACKS_STOPPING;
    wf_bbr_start_round(b);
    b->phase = BBR_DOWN;
}

void wf_bbr_start_refill(struct bbr *b)
{
    wf_bbr_reset_lo(b);
    b->up_rounds = 0;
    b->up_acked = 0;
    b->is_precautionary = false;
    b->acks = BBR_ACKS_REFILLING;
    wf_bbr_start_round(b);
    b->phase = BBR_REFILL;
}

/* inflight_hi grows by 1, 2, 4 ... segments a round, spread over it. */
static void raise_slope(struct bbr *b, uint32_t cwnd)
{
    uint32_t growth = 1u << b->up_rounds;
    if (b->up_rounds < UP_ROUNDS_MAX)
        b->up_rounds++;
    b->up_per_inc = wf_max_u32(cwnd / growth, b->mss);
}

static void start_up(struct bbr *b, const struct bbr_sample *s)
{
    b->is_probe_sample = true;
    b->acks = BBR_ACKS_STARTING;
    wf_bbr_start_round(b);
    wf_bbr_reset_full(b, s->bw);
    b->phase = BBR_UP;
    raise_slope(b, s->cwnd);
}

/* ---- STARTUP, DRAIN ---- */

static bool is_inflight_too_high(const struct weft_cc_rate *r)
{
    return (uint64_t)r->lost * 100 > (uint64_t)r->tx_in_flight * BBR_LOSS;
}

static void check_startup(struct bbr *b, const struct bbr_sample *s)
{
    if (b->phase != BBR_STARTUP)
        return;
    /* 5.3.1.3: a round of recovery with much loss, and not in one burst. */
    if (!b->is_full && s->a->is_recovering && b->is_loss_round_start &&
        b->loss_acks >= STARTUP_LOSS_ACKS && is_inflight_too_high(&s->a->rate)) {
        b->undo_phase = BBR_STARTUP;
        b->is_full = true;
        b->inflight_hi = wf_max_u32(wf_bbr_bdp(b, b->bw, 100), b->inflight_latest);
    }
    if (b->is_full)
        enter_drain(b);
}

static void check_drain(struct bbr *b, const struct bbr_sample *s, uint64_t pacing_Bps)
{
    if (b->phase != BBR_DRAIN)
        return;
    uint32_t empty = wf_bbr_budget(b, wf_bbr_bdp(b, b->bw, 100), pacing_Bps);
    if (s->a->flight_now <= empty || b->round > b->drain_round + DRAIN_ROUNDS)
        start_down(b);
}

/* ---- probing for bandwidth ---- */

void wf_bbr_too_high(struct bbr *b, uint32_t inflight, uint32_t cwnd, bool is_limited)
{
    b->is_too_high = true;
    b->is_probe_sample = false; /* One answer to one probe. */
    if (!is_limited)
        b->inflight_hi =
            wf_max_u32(inflight, (uint32_t)((uint64_t)target_inflight(b, cwnd) * BBR_BETA / 100));
    if (b->phase == BBR_UP) {
        b->undo_phase = BBR_UP;
        start_down(b);
    }
}

/* 5.5.10.2: how much could be in flight before losses passed the limit. */
static uint32_t inflight_at_loss(const struct weft_cc_ack *a)
{
    uint32_t size = wf_min_u32(a->newly_lost, wf_min_u32(a->rate.lost, a->rate.tx_in_flight));
    int64_t before = a->rate.tx_in_flight - size, lost = a->rate.lost - size;
    int64_t prefix = (BBR_LOSS * before - 100 * lost) / (100 - BBR_LOSS);
    return (uint32_t)(before + (prefix > 0 ? prefix : 0));
}

static void probe_hi_upward(struct bbr *b, const struct bbr_sample *s)
{
    if (!s->a->is_cwnd_limited || s->cwnd < b->inflight_hi)
        return;
    b->up_acked += s->a->acked;
    if (b->up_acked >= b->up_per_inc) {
        uint32_t n = b->up_acked / b->up_per_inc;
        b->up_acked -= n * b->up_per_inc;
        b->inflight_hi = (uint32_t)wf_min_u64(b->inflight_hi + (uint64_t)n * b->mss, BBR_CWND_MAX);
    }
    if (b->is_round_start)
        raise_slope(b, s->cwnd);
}

/* Where the answers to a probe begin and end; true if the next probe follows at once. */
static bool follow_acks(struct bbr *b, const struct bbr_sample *s)
{
    if (b->acks == BBR_ACKS_STARTING && b->is_round_start)
        b->acks = BBR_ACKS_FEEDBACK;
    if (b->acks != BBR_ACKS_STOPPING || !b->is_round_start)
        return false;
    b->is_probe_sample = false;
    b->acks = BBR_ACKS_INIT;
    if (!wf_bbr_is_probe_bw(b))
        return false;
    if (!s->is_limited)
        wf_bbr_advance_max_bw(b);
    if (!b->is_precautionary || b->is_too_high)
        return false;
    wf_bbr_start_refill(b); /* A cautious probe went well: now without the caution. */
    return true;
}

/* inflight_hi follows what goes well, and what does not; true if that changed the state. */
static bool adapt_hi(struct bbr *b, const struct bbr_sample *s)
{
    const struct weft_cc_rate *r = &s->a->rate;
    if (follow_acks(b, s))
        return true;
    if (is_inflight_too_high(r)) {
        bool was_up = b->phase == BBR_UP;
        if (b->is_probe_sample)
            wf_bbr_too_high(b, inflight_at_loss(s->a), s->cwnd, s->is_limited);
        return was_up && b->phase != BBR_UP;
    }
    if (b->inflight_hi == BBR_INF)
        return false;
    b->inflight_hi = wf_max_u32(b->inflight_hi, r->tx_in_flight);
    if (b->phase == BBR_UP)
        probe_hi_upward(b, s);
    return false;
}

static bool is_time_to_probe(const struct bbr *b, uint32_t cwnd)
{
    uint32_t reno = wf_min_u32(target_inflight(b, cwnd) / b->mss, RENO_ROUNDS_MAX);
    return b->at_ns > b->cycle_ns + (uint64_t)b->wait_ms * BBR_NS_PER_MS ||
           b->rounds_since_up >= reno;
}

static bool is_time_to_cruise(const struct bbr *b, uint32_t flight, uint64_t pacing_Bps)
{
    uint32_t bdp = wf_bbr_bdp(b, wf_bbr_max_bw(b), 100);
    return flight <= wf_bbr_headroom(b) && flight <= wf_bbr_budget(b, bdp, pacing_Bps);
}

static bool is_time_to_go_down(struct bbr *b, const struct bbr_sample *s)
{
    if (b->is_too_high && s->a->flight_now >= b->inflight_hi) {
        b->is_precautionary = true;
        return true;
    }
    if (s->a->is_cwnd_limited && s->cwnd >= b->inflight_hi)
        wf_bbr_reset_full(b, s->bw); /* The bound is what limits: no plateau of the path. */
    else
        return b->is_full_now;
    return false;
}

static void probe_bw(struct bbr *b, const struct bbr_sample *s, uint64_t pacing_Bps)
{
    if (!b->is_full || adapt_hi(b, s))
        return;
    switch ((enum bbr_phase)b->phase) {
    case BBR_DOWN:
    case BBR_CRUISE:
        if (is_time_to_probe(b, s->cwnd))
            wf_bbr_start_refill(b);
        else if (b->phase == BBR_DOWN && is_time_to_cruise(b, s->a->flight_now, pacing_Bps))
            b->phase = BBR_CRUISE;
        return;
    case BBR_REFILL:
        if (b->is_round_start)
            start_up(b, s);
        return;
    case BBR_UP:
        if (is_time_to_go_down(b, s)) {
            b->is_too_high = false;
            start_down(b);
        }
        return;
    case BBR_STARTUP:
    case BBR_DRAIN:
    case BBR_PROBE_RTT:
        return;
    }
}

/* ---- PROBE_RTT ---- */

void wf_bbr_probe_rtt_done(struct bbr *b, struct weft_cc *cc)
{
    if (b->probe_rtt_done_ns == 0 || b->at_ns <= b->probe_rtt_done_ns)
        return;
    b->probe_rtt_ns = b->at_ns; /* The next one is due so much later. */
    cc->cwnd = wf_max_u32(cc->cwnd, b->prior_cwnd);
    wf_bbr_reset_lo(b);
    if (b->is_full) {
        start_down(b);
        b->phase = BBR_CRUISE; /* What is in flight is little already. */
    } else {
        wf_bbr_enter_startup(b);
    }
}

static void probe_rtt(struct bbr *b, const struct bbr_sample *s, struct weft_cc *cc)
{
    if (b->phase != BBR_PROBE_RTT && b->is_rtt_expired && !b->is_idle_restart) {
        wf_bbr_save_cwnd(b, s->cwnd);
        if (b->phase == BBR_UP) /* Behind a long queue no probe would ever end in time. */
            wf_bbr_advance_max_bw(b);
        b->phase = BBR_PROBE_RTT;
        b->probe_rtt_done_ns = 0;
        b->acks = BBR_ACKS_STOPPING;
        wf_bbr_start_round(b);
    }
    b->is_idle_restart = false;
    if (b->phase != BBR_PROBE_RTT)
        return;
    b->limited_until = b->delivered + s->a->flight_now;
    if (b->probe_rtt_done_ns == 0) {
        if (s->a->flight_now > wf_bbr_probe_rtt_cwnd(b))
            return;
        b->probe_rtt_done_ns = b->at_ns + PROBE_RTT_NS;
        b->is_rtt_round_done = false;
        wf_bbr_start_round(b);
        return;
    }
    b->is_rtt_round_done |= b->is_round_start;
    if (b->is_rtt_round_done)
        wf_bbr_probe_rtt_done(b, cc);
}

void wf_bbr_step(struct bbr *b, const struct bbr_sample *s, struct weft_cc *cc)
{
    wf_bbr_full_pipe(b, s);
    check_startup(b, s);
    check_drain(b, s, cc->pacing_Bps);
    probe_bw(b, s, cc->pacing_Bps);
    wf_bbr_min_rtt(b, s);
    probe_rtt(b, s, cc);
}
