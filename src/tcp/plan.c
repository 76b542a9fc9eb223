/* SPDX-License-Identifier: MIT */
#include "tcp/plan.h"

#include "weft/trace.h"

/* How much of a record goes out at once: whole segments, unless it ends. */
static uint32_t whole(const struct tcp_plan_in *in, uint32_t want, uint32_t room)
{
    uint32_t n = wf_min_u32(want, in->super_bytes);
    if (n <= room)
        return n;
    return wf_min_u32(n, wf_max_u32(room - room % in->mss, in->mss));
}

static uint32_t cwnd_room(const struct tcp_plan_in *in)
{
    return in->cwnd > in->flight ? in->cwnd - in->flight : 0;
}

static bool plan_lost(const struct tcp_plan_in *in, struct tcp_plan *p)
{
    if (in->lost_bytes == 0)
        return false;
    uint32_t room = cwnd_room(in);
    if (!in->wants_first && in->flight > 0 && room < wf_min_u32(in->mss, in->lost_bytes)) {
        p->why = WEFT_WHY_CWND;
        p->is_cwnd_limited = true;
        return false;
    }
    if (in->is_pacing && !in->wants_first) {
        p->why = WEFT_WHY_PACING;
        return false;
    }
    p->act = TCP_ACT_RETRANSMIT;
    p->why = WEFT_WHY_RETRANSMIT;
    p->len = whole(in, in->lost_bytes, room);
    return true;
}

/* Whether a segment smaller than the MSS may go; @n is all that is queued behind the full ones. */
static bool may_send_small(const struct tcp_plan_in *in, struct tcp_plan *p, uint32_t n,
                           bool is_tail, bool is_behind_full)
{
    if (in->wants_override)
        return true;
    if (!is_tail) { /* Cut by a window, not the end of the data: RFC 9293 3.8.6.2.1. */
        p->why = WEFT_WHY_SWS;
        return n >= wf_max_u32(in->wnd_max / 2, 1);
    }
    if (in->is_fin_queued)
        return true;
    if (in->is_cork) {
        p->why = WEFT_WHY_CORK;
        return false;
    }
    bool is_outstanding = is_behind_full || !wf_seq_eq(in->una, in->nxt);
    if (!in->is_nodelay && is_outstanding) {
        p->why = WEFT_WHY_NAGLE;
        return false;
    }
    return true;
}

/*
 * Why what a plan of @p->len new bytes leaves cannot follow, if that is plain: there is nothing, or
 * it is a small tail that both windows have room for and that is held back.
 */
static uint8_t rest_of(const struct tcp_plan_in *in, const struct tcp_plan *p, uint32_t queued,
                       uint32_t room)
{
    uint32_t left = queued - p->len;
    if (left == 0)
        return in->is_fin_queued && !p->is_fin ? WEFT_WHY_NONE : WEFT_WHY_EMPTY;
    if (left >= in->mss || room < queued || cwnd_room(in) < queued)
        return WEFT_WHY_NONE;
    struct tcp_plan tail = {.why = WEFT_WHY_NONE};
    return may_send_small(in, &tail, left, true, true) ? WEFT_WHY_NONE : tail.why;
}

static bool plan_new(const struct tcp_plan_in *in, struct tcp_plan *p)
{
    struct tcp_seq right = wf_seq_add(in->una, in->wnd);
    uint32_t queued = in->is_fin_sent ? 0 : in->end.v - in->nxt.v;
    bool wants_fin = in->is_fin_queued && !in->is_fin_sent;
    uint32_t room = wf_seq_gt(right, in->nxt) ? right.v - in->nxt.v : 0;
    if (queued == 0 && !wants_fin) {
        p->why = WEFT_WHY_EMPTY;
        return false;
    }
    if (room == 0) {
        p->why = WEFT_WHY_RWND;
        return false;
    }
    if (in->is_held) {
        p->why = WEFT_WHY_CWND;
        return false;
    }
    uint32_t n = wf_min_u32(wf_min_u32(queued, room), in->super_bytes);
    uint32_t cwnd = cwnd_room(in);
    if (n > cwnd && !(in->flight == 0 && n <= in->mss)) {
        uint32_t fits = cwnd - cwnd % in->mss;
        if (fits == 0 && in->flight == 0)
            fits = in->mss; /* Something must go, or nothing would ever come back. */
        if (fits == 0) {
            p->why = WEFT_WHY_CWND;
            p->is_cwnd_limited = true;
            return false;
        }
        n = wf_min_u32(n, fits);
        p->is_cwnd_limited = n < queued;
    }
    uint32_t small = n % in->mss;
    bool is_tail = n == queued;
    if (small > 0 && !may_send_small(in, p, small, is_tail, n > small)) {
        n -= small;
        if (n == 0)
            return false;
        is_tail = false;
    }
    p->is_fin = wants_fin && is_tail && room > n;
    if (n == 0 && !p->is_fin) {
        p->why = WEFT_WHY_RWND;
        return false;
    }
    if (in->is_pacing && n > 0) {
        p->is_fin = false;
        p->why = WEFT_WHY_PACING;
        return false;
    }
    p->act = TCP_ACT_DATA;
    p->why = n > 0 ? WEFT_WHY_NEW_DATA : WEFT_WHY_FIN;
    /* A run that goes as one frame ends with it, so that who gathers segments hands them on. */
    p->is_psh = (is_tail && n > 0) || (in->is_whole && n > in->mss);
    p->len = n;
    p->rest = in->again_bytes == 0 ? rest_of(in, p, queued, room) : WEFT_WHY_NONE;
    return true;
}

/* RFC 6675 4: nothing new can go, and the window has room for something that may be lost. */
static bool plan_again(const struct tcp_plan_in *in, struct tcp_plan *p)
{
    if (in->again_bytes == 0 || cwnd_room(in) < wf_min_u32(in->mss, in->again_bytes))
        return false;
    if (in->is_pacing) {
        p->why = WEFT_WHY_PACING;
        return false;
    }
    p->act = TCP_ACT_AGAIN;
    p->why = WEFT_WHY_RETRANSMIT;
    p->len = wf_min_u32(in->mss, in->again_bytes);
    return true;
}

/* RFC 8985 7.3: new data if the window lets it, else the last segment again. */
static bool plan_tlp(const struct tcp_plan_in *in, struct tcp_plan *p)
{
    if (!in->wants_tlp || wf_seq_eq(in->una, in->nxt))
        return false;
    struct tcp_seq right = wf_seq_add(in->una, in->wnd);
    uint32_t room = wf_seq_gt(right, in->nxt) ? right.v - in->nxt.v : 0;
    uint32_t queued = in->is_fin_sent ? 0 : in->end.v - in->nxt.v;
    uint32_t n = wf_min_u32(wf_min_u32(queued, in->mss), room);
    p->why = WEFT_WHY_TLP;
    if (n > 0 && (n == in->mss || n == queued)) {
        p->act = TCP_ACT_DATA;
        p->len = n;
        p->is_psh = n == queued;
    } else {
        p->act = TCP_ACT_TLP_RTX;
        p->len = in->mss;
    }
    return true;
}

struct tcp_plan wf_tcp_plan(const struct tcp_plan_in *in)
{
    WF_ASSERT(in->mss > 0);
    struct tcp_plan p = {.act = TCP_ACT_NONE, .why = WEFT_WHY_EMPTY};
    if (plan_lost(in, &p) || plan_tlp(in, &p))
        return p;
    if (in->lost_bytes == 0 && (plan_new(in, &p) || plan_again(in, &p)))
        return p;
    if (in->wants_probe) {
        p.act = TCP_ACT_PROBE;
        p.why = WEFT_WHY_PROBE;
    } else if (in->wants_ack) {
        p.act = TCP_ACT_ACK;
        p.rest = p.why; /* Alone it goes if nothing else can. */
    }
    return p;
}
