/* SPDX-License-Identifier: MIT */
/**
 * DOC: listen - passive open: LISTEN and SYN-RECEIVED of a listener (RFC 9293 3.10.7.2)
 *
 * A SYN makes a small record; the acknowledgement of our SYN,ACK makes the connection and puts it
 * on the accept queue. While that queue is full the last acknowledgement is dropped and the peer
 * tries again. Limits: tcp_synrcvd_max for all listeners, the backlog for each.
 */
#include "tcp/conn.h"

#define SYNACK_RETRIES 5

int wf_tcp_listen(struct net *net, const struct tcp_user *u, const struct weft_endpoint *local,
                  uint32_t backlog, struct wf_ready *ready, struct tcp_listener **out)
{
    struct tcp_listener *l = wf_slab_alloc(&net->tcp->listeners);
    if (l == NULL)
        return -WEFT_ENOMEM;
    l->ready = ready;
    l->local = *local;
    l->user = *u;
    l->backlog = backlog;
    l->since_ns = net->now_ns;
    wf_tcp_link_listener(net, l);
    *out = l;
    return 0;
}

static void synack_output(struct net *net, const struct tcp_synrcvd *r,
                          const struct tcp_listener *l)
{
    struct tcp_opts o;
    struct wf_dst d = {0};
    (void)wf_dst_route(net, &d, wf_addr_to4(&r->key.remote.addr));
    wf_tcp_offer(net, &r->opt, wf_tcp_local_mss(net, &l->user, d.ifindex), &o);
    o.uto = wf_tcp_uto_wire(&l->user);
    struct tcp_bare b = {.key = &r->key,
                         .seq = r->iss,
                         .ack = wf_seq_add(r->irs, 1),
                         .flags = TCP_SYN | TCP_ACK,
                         .wnd = (uint16_t)wf_min_u32(l->user.rcvbuf, 65535),
                         .ttl = l->user.ttl,
                         .tos = l->user.tos,
                         .opt = &o};
    wf_tcp_bare_output(net, &b);
}

static uint64_t synack_rto_ns(const struct tcp_synrcvd *r)
{
    return (uint64_t)RTO_INITIAL_US * 1000 << r->retries;
}

void wf_tcp_synrcvd_free(struct net *net, struct tcp_synrcvd *r)
{
    struct tcp_listener *l = wf_slab_get(&net->tcp->listeners, r->listener);
    if (l != NULL)
        l->synrcvd_n--;
    wf_tcp_unlink_synrcvd(net, r);
    wf_wheel_disarm(&net->wheel, &r->timer);
    wf_slab_free(&net->tcp->synrcvds, r);
}

void wf_tcp_synrcvd_expire(struct net *net, struct wf_timer *t)
{
    struct tcp_synrcvd *r = WF_CONTAINER_OF(t, struct tcp_synrcvd, timer);
    struct tcp_listener *l = wf_slab_get(&net->tcp->listeners, r->listener);
    if (l == NULL || r->retries >= SYNACK_RETRIES) {
        wf_tcp_synrcvd_free(net, r);
        return;
    }
    r->retries++;
    r->is_rtx = true;
    if (r->retries >= R1_RTOS)
        wf_dst_doubt(net, wf_addr_to4(&r->key.remote.addr));
    wf_count(net, WEFT_COUNT_TCP_RETRANS_SEGS);
    synack_output(net, r, l);
    wf_wheel_arm(&net->wheel, &r->timer, net->now_ns + synack_rto_ns(r));
}

static void new_synrcvd(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                        const struct tcp_key *k)
{
    struct tcp_synrcvd *r =
        l->synrcvd_n < l->backlog + 1 ? wf_slab_alloc(&net->tcp->synrcvds) : NULL;
    if (r == NULL) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_SYN_LIMIT);
        return;
    }
    l->synrcvd_n++;
    r->key = *k;
    r->listener = wf_slab_handle(&net->tcp->listeners, l);
    r->timer.kind = TIMER_TCP_SYNRCVD;
    r->irs = s->h.seq;
    r->iss = wf_tcp_isn(net, k);
    r->wnd = s->h.wnd;
    r->sent_ns = net->now_ns;
    r->opt.has_ts = l->user.may_ts;
    r->opt.has_sack = l->user.may_sack;
    r->opt.has_wscale = l->user.may_wscale;
    r->opt.rcv_wscale = wf_tcp_rcv_wscale(l->user.rcvbuf);
    r->opt.ts_offset = wf_tcp_ts_offset(net, k);
    wf_tcp_agree(net, &r->opt, &s->h.opt);
    wf_tcp_link_synrcvd(net, r);
    synack_output(net, r, l);
    wf_wheel_arm(&net->wheel, &r->timer, net->now_ns + synack_rto_ns(r));
    wf_net_done(net, s->p); /* Data on a SYN is sent again by the peer. */
}

void wf_tcp_listen_arrives(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                           const struct tcp_key *k)
{
    if ((s->h.flags & TCP_RST) != 0) { /* First: RST is ignored. */
        wf_net_drop(net, s->p, WEFT_DROP_TCP_RST_IGNORED);
    } else if ((s->h.flags & TCP_ACK) != 0) { /* Second: nothing here was ever acknowledged. */
        wf_tcp_reset_output(net, s);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_LISTEN);
    } else if ((s->h.flags & TCP_SYN) == 0 || (s->h.flags & TCP_FIN) != 0) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_LISTEN);
    } else if (l->accept_n > l->backlog) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_ACCEPT_LIMIT);
    } else {
        new_synrcvd(net, l, s, k);
    }
}

/* The handshake is complete: a connection as ESTABLISHED, on the accept queue. */
static struct tcp_conn *promote(struct net *net, struct tcp_synrcvd *r, struct tcp_listener *l,
                                const struct tcp_seg *s)
{
    struct tcp_conn *c = wf_tcp_conn_alloc(net, &l->user, &r->key);
    if (c == NULL)
        return NULL;
    c->opt = r->opt;
    c->snd.iss = r->iss;
    c->snd.una = c->snd.nxt = wf_seq_add(r->iss, 1);
    c->sendq.start = c->sendq.end = c->snd.una.v;
    c->snd.wnd = c->snd.wnd_max = (uint32_t)s->h.wnd << r->opt.snd_wscale;
    c->snd.wl1 = s->h.seq;
    c->snd.wl2 = s->h.ack;
    c->rcv.irs = r->irs;
    c->rcv.nxt = c->rcv.acked = wf_seq_add(r->irs, 1);
    c->rcv.edge = wf_seq_add(c->rcv.nxt, wf_min_u32(l->user.rcvbuf, 65535));
    (void)wf_dst_route(net, &c->dst, wf_addr_to4(&r->key.remote.addr));
    if (!r->is_rtx)
        wf_rtt_sample(&c->rtt, (uint32_t)((net->now_ns - r->sent_ns) / 1000));
    wf_tcp_set_state(net, c, WEFT_TCP_SYN_RECEIVED);
    wf_tcp_established(net, c);
    wf_tcp_synrcvd_free(net, r);
    c->listener = l;
    c->accept_next = NULL;
    if (l->accept_tail != NULL)
        l->accept_tail->accept_next = c;
    else
        l->accept_head = c;
    l->accept_tail = c;
    l->accept_n++;
    wf_count(net, WEFT_COUNT_TCP_PASSIVE_OPENS);
    if (l->ready != NULL)
        wf_ready_mark(net, l->ready);
    return c;
}

static bool in_window(const struct tcp_synrcvd *r, const struct tcp_listener *l, struct tcp_seq seq)
{
    struct tcp_seq nxt = wf_seq_add(r->irs, 1);
    return wf_seq_in(seq, nxt, wf_seq_add(nxt, wf_min_u32(l->user.rcvbuf, 65535)));
}

void wf_tcp_synrcvd_arrives(struct net *net, struct tcp_synrcvd *r, struct tcp_seg *s)
{
    struct tcp_listener *l = wf_slab_get(&net->tcp->listeners, r->listener);
    if (l == NULL) { /* The listener went: so does this. */
        wf_tcp_synrcvd_free(net, r);
        wf_tcp_reset_output(net, s);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_NO_SOCKET);
        return;
    }
    struct tcp_seq nxt = wf_seq_add(r->irs, 1);
    bool is_syn = (s->h.flags & TCP_SYN) != 0, is_rst = (s->h.flags & TCP_RST) != 0;
    bool is_paws = r->opt.has_ts && s->h.opt.has_ts && !is_rst &&
                   (int32_t)(s->h.opt.ts_val - r->opt.ts_recent) < 0;
    if (is_syn && !is_rst && wf_seq_eq(s->h.seq, r->irs)) { /* Our SYN,ACK was lost. */
        r->is_rtx = true;
        synack_output(net, r, l);
        if (r->retries == SYNACK_RETRIES) /* The peer is there: its answer is waited for. */
            wf_wheel_arm(&net->wheel, &r->timer, net->now_ns + synack_rto_ns(r));
        wf_net_drop(net, s->p, WEFT_DROP_TCP_OLD_DUP);
        return;
    }
    if (!in_window(r, l, s->h.seq) || is_paws) {
        if (!is_rst)
            synack_output(net, r, l);
        wf_net_drop(net, s->p, is_paws ? WEFT_DROP_TCP_PAWS : WEFT_DROP_TCP_WINDOW);
        return;
    }
    if (is_rst) { /* RFC 5961 3.2: only the exact number ends it. */
        if (wf_seq_eq(s->h.seq, nxt))
            wf_tcp_synrcvd_free(net, r);
        else
            synack_output(net, r, l);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_RST_IGNORED);
        return;
    }
    if (is_syn) {
        synack_output(net, r, l);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_SYN_CHALLENGED);
        return;
    }
    if ((s->h.flags & TCP_ACK) == 0) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_NO_ACK);
        return;
    }
    if (!wf_seq_eq(s->h.ack, wf_seq_add(r->iss, 1))) {
        wf_tcp_reset_output(net, s);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_ACK_INVALID);
        return;
    }
    struct tcp_conn *c = l->accept_n < l->backlog ? promote(net, r, l, s) : NULL;
    if (c == NULL)
        wf_net_drop(net, s->p, WEFT_DROP_TCP_ACCEPT_LIMIT);
    else
        wf_tcp_segment_arrives(net, c, s);
}

struct tcp_conn *wf_tcp_accept(struct net *net, struct tcp_listener *l, struct wf_ready *ready)
{
    struct tcp_conn *c = l->accept_head;
    if (c == NULL)
        return NULL;
    l->accept_head = c->accept_next;
    if (l->accept_head == NULL)
        l->accept_tail = NULL;
    l->accept_n--;
    c->accept_next = NULL;
    c->listener = NULL;
    c->ready = ready;
    wf_ready_mark(net, ready);
    return c;
}

void wf_tcp_listener_close(struct net *net, struct tcp_listener *l)
{
    while (l->accept_head != NULL) {
        struct tcp_conn *c = l->accept_head;
        l->accept_head = c->accept_next;
        c->listener = NULL;
        wf_tcp_abort(net, c);
    }
    /* Half-open records find their listener gone by its handle; their timers clear them. */
    wf_tcp_unlink_listener(net, l);
    wf_slab_free(&net->tcp->listeners, l);
}
