/* SPDX-License-Identifier: MIT */
/**
 * DOC: recv - taking text, and when and with what window to acknowledge it
 *
 * Acknowledgements (RFC 9293 3.8.6.3, RFC 5681 4.2): at once for the first segments of a
 * connection, for every second full-size segment, for anything out of order or filling a gap;
 * otherwise delayed (40 ms). The window (3.8.6.2.2): its right edge moves by at least a segment or
 * half the buffer, and never to the left. A receiver out of memory says that it is closed, so that
 * the peer probes instead of giving up; what comes up to the edge is still taken if it can be.
 */
#include "tcp/conn.h"

/* Bytes the buffer has room for, charged with the memory that is pinned. */
static uint32_t space(const struct tcp_conn *c)
{
    if (c->rcv.is_shut)
        return c->user.rcvbuf;
    return c->recvq.charge < c->user.rcvbuf ? c->user.rcvbuf - c->recvq.charge : 0;
}

uint32_t wf_tcp_window(struct tcp_conn *c)
{
    if (c->rcv.is_starved)
        return 0;
    uint32_t now = wf_seq_gt(c->rcv.edge, c->rcv.nxt) ? c->rcv.edge.v - c->rcv.nxt.v : 0;
    uint32_t wnd = wf_min_u32(space(c), 65535u << c->opt.rcv_wscale);
    wnd = wnd >> c->opt.rcv_wscale << c->opt.rcv_wscale;
    uint32_t step = wf_min_u32(c->user.rcvbuf / 2, c->rcv.mss);
    if (wnd < now || wnd - now < step) { /* RFC 9293 MUST-39; SHLD-14. */
        /* The field counts in units: rounded up if there is room, else a little is not said. */
        uint32_t unit = (1u << c->opt.rcv_wscale) - 1, up = (now + unit) & ~unit;
        if (up > space(c))
            return now & ~unit;
        wnd = up;
    }
    c->rcv.edge = wf_seq_add(c->rcv.nxt, wnd);
    return wnd;
}

void wf_tcp_ack_later(struct net *net, struct tcp_conn *c)
{
    uint32_t unacked = c->rcv.nxt.v - c->rcv.acked.v;
    bool is_quick =
        c->user.quickack == TCP_QUICKACK_ON || (c->rcv.quick > 0 && !c->rcv.is_pingpong);
    if (is_quick || unacked >= 2u * c->rcv.mss) {
        if (c->rcv.quick > 0)
            c->rcv.quick--;
        wf_tcp_ack_now(net, c);
    } else if (!wf_tcp_timer_is_set(c, TCP_T_DELACK)) {
        wf_tcp_timer_set(net, c, TCP_T_DELACK, c->user.delack_ms * NS_PER_MS);
    }
}

static void took(struct net *net, struct tcp_conn *c, uint32_t n)
{
    c->acct.bytes_received += n;
    wf_count_n(net, WEFT_COUNT_TCP_BYTES_IN, n);
    if (c->ready != NULL)
        wf_ready_mark(net, c->ready);
    if (wf_trace_is_on(net)) {
        uint32_t v[6] = {c->rcv.nxt.v - c->rcv.irs.v, n, c->rcv.edge.v - c->rcv.nxt.v,
                         c->ooo != NULL ? c->ooo->bytes : 0};
        wf_tcp_trace(net, c, WEFT_TRACE_TCP_RECV, v);
    }
}

static bool put(struct net *net, struct tcp_conn *c, const struct tcp_seg *s, uint32_t from,
                uint32_t len)
{
    return c->rcv.is_shut || wf_recvq_put(&net->pool, &c->recvq, s->p, s->off + from, len);
}

/* Text in front of a gap, and maybe across what lies behind: that came first and stays, so that
 * nobody can change afterwards what was acknowledged selectively. Only what is missing is taken. */
static bool fill(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    struct tcp_seq end = wf_seq_add(s->seq, s->len);
    while (wf_seq_lt(c->rcv.nxt, end)) {
        uint32_t from = c->rcv.nxt.v - s->seq.v, len = end.v - c->rcv.nxt.v;
        if (c->ooo->n > 0)
            len = wf_min_u32(len, c->ooo->r[0].from.v - c->rcv.nxt.v);
        if (!put(net, c, s, from, len)) {
            if (c->ooo->n == 0)
                return false;
            wf_reasm_clear(&net->pool, c->ooo); /* What comes next matters more than the rest. */
            continue;
        }
        c->rcv.nxt = wf_seq_add(c->rcv.nxt, len);
        uint32_t moved = wf_reasm_pull(&net->pool, c->ooo, c->rcv.nxt, &c->recvq);
        c->rcv.nxt = wf_seq_add(c->rcv.nxt, moved);
    }
    return true;
}

static bool close_gap(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    bool is_put = fill(net, c, s);
    if (c->ooo->n == 0) {
        wf_slab_free(&net->tcp->reasms, c->ooo);
        c->ooo = NULL;
    }
    if (c->rcv.is_shut)
        wf_recvq_read(&net->pool, &c->recvq, NULL, c->recvq.bytes);
    return is_put;
}

static void in_order(struct net *net, struct tcp_conn *c, struct tcp_seg *s)
{
    struct tcp_seq before = c->rcv.nxt;
    bool had_gap = c->ooo != NULL && c->ooo->n > 0;
    bool is_put = had_gap ? close_gap(net, c, s) : put(net, c, s, 0, s->len);
    if (is_put && !had_gap)
        c->rcv.nxt = wf_seq_add(c->rcv.nxt, s->len);
    uint32_t n = c->rcv.nxt.v - before.v;
    if (n > 0)
        took(net, c, n);
    c->rcv.is_starved = !is_put;
    if (!is_put) {
        wf_net_note_drop(net, WEFT_DROP_TCP_RCVBUF); /* No memory: the peer sends it again. */
        s->h.flags &= (uint16_t)~TCP_FIN;
        s->len = 0;
    }
    if (had_gap || !is_put) /* RFC 5681 4.2: it fills all or part of a gap. */
        wf_tcp_ack_now(net, c);
    else
        wf_tcp_ack_later(net, c);
}

static void out_of_order(struct net *net, struct tcp_conn *c, struct tcp_seg *s)
{
    wf_count(net, WEFT_COUNT_TCP_OOO_SEGS);
    s->h.flags &= (uint16_t)~TCP_FIN; /* The FIN is sent again with what is missing. */
    wf_tcp_ack_now(net, c);
    if (c->ooo == NULL)
        c->ooo = wf_slab_alloc(&net->tcp->reasms);
    if (c->ooo == NULL) {
        wf_net_note_drop(net, WEFT_DROP_TCP_OOO_LIMIT);
        return;
    }
    switch (wf_reasm_put(&net->pool, c->ooo, s->p, s->off, s->seq, s->len)) {
    case REASM_NO_ROOM:
        wf_net_note_drop(net, WEFT_DROP_TCP_OOO_LIMIT);
        break;
    case REASM_NOTHING_NEW:
        c->rcv.has_dsack = true;
        c->rcv.dsack_from = s->seq;
        c->rcv.dsack_to = wf_seq_add(s->seq, s->len);
        break;
    case REASM_TAKEN:
        break;
    }
    if (c->ooo->n == 0) { /* Not even the first piece found memory. */
        wf_slab_free(&net->tcp->reasms, c->ooo);
        c->ooo = NULL;
    }
}

void wf_tcp_take_text(struct net *net, struct tcp_conn *c, struct tcp_seg *s)
{
    uint32_t seg = s->p->gso_segs > 1 ? s->p->gso_size : s->len;
    if (seg > c->rcv.mss)
        c->rcv.mss = (uint16_t)wf_min_u32(seg, 65535);
    if (wf_seq_eq(s->seq, c->rcv.nxt))
        in_order(net, c, s);
    else
        out_of_order(net, c, s);
}

void wf_tcp_after_read(struct net *net, struct tcp_conn *c)
{
    if (!wf_tcp_is_synchronized(c) || c->rcv.is_fin_seen)
        return;
    if (c->rcv.is_starved) { /* What was read gave memory back. */
        c->rcv.is_starved = false;
        wf_tcp_ack_now(net, c);
        return;
    }
    uint32_t now = wf_seq_gt(c->rcv.edge, c->rcv.nxt) ? c->rcv.edge.v - c->rcv.nxt.v : 0;
    uint32_t could = wf_min_u32(space(c), 65535u << c->opt.rcv_wscale);
    uint32_t gain = could > now ? could - now : 0;
    uint32_t step = wf_min_u32(c->user.rcvbuf / 2, 2u * c->rcv.mss);
    bool is_starved = now < c->user.rcvbuf / 4;
    if (gain >= wf_max_u32(c->user.rcvbuf / 4, 1) || (is_starved && gain >= wf_max_u32(step, 1)))
        wf_tcp_ack_now(net, c);
}
