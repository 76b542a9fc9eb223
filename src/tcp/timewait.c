/* SPDX-License-Identifier: MIT */
/** DOC: timewait - 2 MSL as a small record (RFC 9293 3.10.7.4, RFC 1337, RFC 6191) */
#include "tcp/conn.h"

#define ACK_GAP_NS (500 * NS_PER_MS) /* Least time between answers to what is out of window. */

void wf_tcp_timewait_free(struct net *net, struct tcp_timewait *t)
{
    wf_tcp_unlink_timewait(net, t);
    wf_list_remove(&t->order);
    wf_wheel_disarm(&net->wheel, &t->timer);
    wf_slab_free(&net->tcp->timewaits, t);
}

void wf_tcp_timewait_expire(struct net *net, struct wf_timer *timer)
{
    wf_tcp_timewait_free(net, WF_CONTAINER_OF(timer, struct tcp_timewait, timer));
}

static void restart(struct net *net, struct tcp_timewait *t)
{
    wf_wheel_arm(&net->wheel, &t->timer, net->now_ns + 2ull * t->msl_ms * NS_PER_MS);
}

static struct tcp_timewait *alloc(struct net *net)
{
    struct wf_tcp *tcp = net->tcp;
    if (tcp->timewaits.in_use == tcp->timewaits.max) { /* The oldest has waited longest. */
        wf_count(net, WEFT_COUNT_TCP_TIMEWAIT_FULL);
        struct wf_list *l = wf_list_first(&tcp->timewait_order);
        if (l == NULL)
            return NULL;
        wf_tcp_timewait_free(net, WF_CONTAINER_OF(l, struct tcp_timewait, order));
    }
    return wf_slab_alloc(&tcp->timewaits);
}

static void ack_output(struct net *net, struct tcp_timewait *t)
{
    struct tcp_opts o = {
        .has_ts = t->opt.has_ts, .ts_val = wf_tcp_ts_now(net, &t->opt), .ts_ecr = t->opt.ts_recent};
    struct tcp_bare b = {.key = &t->key,
                         .seq = t->snd_nxt,
                         .ack = t->rcv_nxt,
                         .flags = TCP_ACK,
                         .wnd = (uint16_t)t->wnd,
                         .ttl = t->ttl,
                         .tos = t->tos,
                         .opt = &o};
    t->acked_ns = net->now_ns;
    wf_tcp_bare_output(net, &b);
}

void wf_tcp_timewait_enter(struct net *net, struct tcp_conn *c)
{
    struct tcp_timewait *t = alloc(net);
    if (t != NULL) {
        t->key = c->key;
        t->snd_nxt = c->snd.nxt;
        t->rcv_nxt = c->rcv.nxt;
        t->opt = c->opt;
        t->msl_ms = c->user.msl_ms;
        t->wnd = wf_min_u32((c->rcv.edge.v - c->rcv.nxt.v) >> c->opt.rcv_wscale, 65535);
        t->ttl = c->user.ttl;
        t->tos = c->user.tos;
        t->since_ns = net->now_ns;
        t->timer.kind = TIMER_TCP_TIMEWAIT;
        wf_list_push_back(&net->tcp->timewait_order, &t->order);
        wf_tcp_link_timewait(net, t);
        restart(net, t);
        if (c->rcv.is_ack_now) /* The FIN that brought us here; a mere ACK is not answered. */
            ack_output(net, t);
    }
    wf_tcp_set_state(net, c, WEFT_TCP_TIME_WAIT);
    wf_tcp_done(net, c);
}

/* RFC 6191 and RFC 9293 MAY-2: a SYN that cannot be an old duplicate opens anew. */
static bool may_reopen(const struct tcp_timewait *t, const struct tcp_seg *s)
{
    if (!t->opt.has_ts && s->h.opt.has_ts) /* No segment of the old one can be taken for its. */
        return true;
    if (t->opt.has_ts && s->h.opt.has_ts && s->h.opt.ts_val != t->opt.ts_recent)
        return (int32_t)(s->h.opt.ts_val - t->opt.ts_recent) > 0;
    if (!t->opt.has_ts && s->h.opt.has_ts) /* What is old would have no timestamp. */
        return true;
    return wf_seq_geq(s->h.seq, t->rcv_nxt); /* The last number seen is that of the FIN. */
}

/* RFC 9293 3.10.7.4, RFC 5961: all but what has no ACK, and a mere ACK of the last thing sent. */
static bool draws_ack(const struct tcp_timewait *t, const struct tcp_seg *s)
{
    struct tcp_seq edge = wf_seq_add(t->rcv_nxt, t->wnd << t->opt.rcv_wscale);
    bool is_inside = wf_seq_in(s->h.seq, t->rcv_nxt, edge) || wf_seq_eq(s->h.seq, t->rcv_nxt);
    if (!is_inside || (s->h.flags & TCP_SYN) != 0)
        return true;
    if ((s->h.flags & TCP_ACK) == 0)
        return false;
    return s->len > 0 || (s->h.flags & TCP_FIN) != 0 || !wf_seq_eq(s->h.ack, t->snd_nxt);
}

bool wf_tcp_timewait_arrives(struct net *net, struct tcp_timewait *t, struct tcp_seg *s,
                             bool has_listener)
{
    if ((s->h.flags & TCP_RST) != 0) { /* RFC 1337: does not cut it short. */
        wf_net_drop(net, s->p, WEFT_DROP_TCP_RST_IGNORED);
        return true;
    }
    bool is_syn = (s->h.flags & TCP_SYN) != 0, has_ack = (s->h.flags & TCP_ACK) != 0;
    bool is_fin = (s->h.flags & TCP_FIN) != 0; /* No listener takes a SYN with one. */
    if (is_syn && !has_ack && !is_fin && has_listener && may_reopen(t, s)) {
        wf_tcp_timewait_free(net, t);
        return false;
    }
    bool is_paws =
        t->opt.has_ts && s->h.opt.has_ts && (int32_t)(s->h.opt.ts_val - t->opt.ts_recent) < 0;
    if (is_fin && !is_paws && !is_syn && wf_seq_eq(wf_seq_add(s->h.seq, s->len + 1), t->rcv_nxt)) {
        ack_output(net, t); /* The peer's FIN again: our last ACK was lost. */
        restart(net, t);
    } else if (draws_ack(t, s) && (t->acked_ns == 0 || net->now_ns - t->acked_ns >= ACK_GAP_NS)) {
        ack_output(net, t);
    }
    wf_net_drop(net, s->p, WEFT_DROP_TCP_TIMEWAIT);
    return true;
}
