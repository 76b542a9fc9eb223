/* SPDX-License-Identifier: MIT */
/** DOC: quote - ICMP errors about our segments (RFC 9293 3.9.2.2, RFC 5927) */
#include "tcp/conn.h"

static struct tcp_conn *find(const struct net *net, const struct icmp_quote *q)
{
    struct tcp_key k = {.local = {.addr = q->src, .port = wf_ld16be(q->l4)},
                        .remote = {.addr = q->dst, .port = wf_ld16be(q->l4 + 2)}};
    struct tcp_conn *c = wf_tcp_find_conn(net, &k);
    return c != NULL && c->state != WEFT_TCP_CLOSED ? c : NULL;
}

/* RFC 5927 4.1: about something that is out, or it is nothing to us. */
static bool is_out(const struct tcp_conn *c, struct tcp_seq seq)
{
    return !wf_seq_lt(seq, c->snd.una) && wf_seq_lt(seq, c->snd.nxt);
}

bool wf_tcp_is_quoted(const struct net *net, const struct icmp_quote *q)
{
    const struct tcp_conn *c = find(net, q);
    return c != NULL && is_out(c, wf_seq(wf_ld32be(q->l4 + 4)));
}

void wf_tcp_quote(struct net *net, const struct icmp_quote *q)
{
    struct tcp_seq seq = wf_seq(wf_ld32be(q->l4 + 4));
    struct tcp_conn *c = find(net, q);
    if (c == NULL)
        return;
    if (!is_out(c, seq)) {
        wf_net_note_drop(net, WEFT_DROP_ICMP_QUOTE_BAD);
        return;
    }
    if (q->type == ICMP4_SOURCE_QUENCH) {
        wf_tcp_quenched(net, c, seq);
        return;
    }
    if (q->is_mtu) {
        uint32_t mtu = wf_pmtu_claimed(q->told_mtu, q->packet_bytes);
        if (wf_mtu_is_doubted(c, seq, mtu))
            wf_count(net, WEFT_COUNT_TCP_MTU_DOUBTED);
        else
            wf_mtu_told(net, c, mtu);
        return;
    }
    bool is_opening = c->state == WEFT_TCP_SYN_SENT;
    if (q->is_hard && is_opening)
        wf_fo_failed(net, c);
    if (q->is_hard && is_opening) /* RFC 5927 5.2: hard errors abort only before synchronization. */
        wf_tcp_fail(net, c, q->err);
    else
        wf_tcp_soft_error(net, c, q->err);
}

void wf_tcp_mtu_changed(struct net *net)
{
    const struct wf_slab *s = &net->tcp->conns;
    for (struct tcp_conn *c = wf_slab_next_live(s, 0); c != NULL;
         c = wf_slab_next_live(s, wf_slab_index(s, c) + 1))
        if (c->state != WEFT_TCP_CLOSED)
            wf_tcp_update_mss(net, c);
}

void wf_tcp_addr_reset(struct net *net, uint32_t ip4)
{
    const struct wf_slab *s = &net->tcp->conns;
    for (struct tcp_conn *c = wf_slab_next_live(s, 0); c != NULL;
         c = wf_slab_next_live(s, wf_slab_index(s, c) + 1)) {
        bool is_synchronized = c->state >= WEFT_TCP_SYN_RECEIVED && c->state <= WEFT_TCP_CLOSE_WAIT;
        if (is_synchronized && wf_addr_to4(&c->key.local.addr) == ip4)
            wf_tcp_reset_conn(net, c);
    }
}

void wf_tcp_addr_gone(struct net *net, uint32_t ip4)
{
    const struct wf_slab *s = &net->tcp->conns;
    struct tcp_conn *next = NULL;
    for (struct tcp_conn *c = wf_slab_next_live(s, 0); c != NULL; c = next) {
        uint32_t index = wf_slab_index(s, c);
        if (c->state != WEFT_TCP_CLOSED && wf_addr_to4(&c->key.local.addr) == ip4)
            wf_tcp_fail(net, c, WEFT_EADDRNOTAVAIL);
        next = wf_slab_next_live(s, index + 1);
    }
    const struct wf_slab *h = &net->tcp->synrcvds, *w = &net->tcp->timewaits;
    for (uint32_t i = 0; i < h->high; i++) {
        struct tcp_synrcvd *r = wf_slab_at(h, i);
        if (r != NULL && wf_addr_to4(&r->key.local.addr) == ip4)
            wf_tcp_synrcvd_free(net, r);
    }
    for (uint32_t i = 0; i < w->high; i++) {
        struct tcp_timewait *t = wf_slab_at(w, i);
        if (t != NULL && wf_addr_to4(&t->key.local.addr) == ip4)
            wf_tcp_timewait_free(net, t);
    }
}
