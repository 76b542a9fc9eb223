/* SPDX-License-Identifier: MIT */
#include "tcp/fastopen.h"

#include <string.h>

#include "tcp/conn.h"

#define HOLD_NS (3600 * NS_PER_S)
#define GONE_NS (60 * NS_PER_S)

/* ---- server ---- */

static void cookie_of(const struct wf_hash_key *key, const struct weft_addr *client,
                      uint8_t out[FO_COOKIE_BYTES])
{
    const uint8_t *b = client->b;
    uint64_t w[2] = {(uint64_t)wf_ld32be(b) << 32 | wf_ld32be(b + 4),
                     (uint64_t)wf_ld32be(b + 8) << 32 | wf_ld32be(b + 12)};
    uint64_t h = wf_hash_words24(key, w, 2);
    wf_st32be(out, (uint32_t)(h >> 32));
    wf_st32be(out + 4, (uint32_t)h);
}

void wf_fo_cookie(const struct net *net, const struct weft_addr *client,
                  uint8_t out[FO_COOKIE_BYTES])
{
    cookie_of(&net->tcp->fo_key, client, out);
}

/* Every octet is looked at, so that the time it takes tells nothing. */
static bool is_cookie(const struct wf_hash_key *key, const struct weft_addr *client,
                      const struct tcp_opts *o)
{
    uint8_t want[FO_COOKIE_BYTES], diff = 0;
    if (o->fo_n != FO_COOKIE_BYTES)
        return false;
    cookie_of(key, client, want);
    for (uint32_t i = 0; i < FO_COOKIE_BYTES; i++)
        diff |= want[i] ^ o->fo[i];
    return diff == 0;
}

int weft_tcp_fastopen_key(struct weft_stack *st, const uint8_t key[16])
{
    struct wf_tcp *t = wf_net_of(st)->tcp;
    if (key == NULL)
        return -WEFT_EINVAL;
    t->fo_old_key = t->fo_key;
    t->fo_key.k0 = (uint64_t)wf_ld32be(key) << 32 | wf_ld32be(key + 4);
    t->fo_key.k1 = (uint64_t)wf_ld32be(key + 8) << 32 | wf_ld32be(key + 12);
    return 0;
}

static bool has_room(const struct net *net, struct tcp_listener *l)
{
    if (net->now_ns >= l->fo_gone_until_ns)
        l->fo_gone = 0;
    return l->fo_pending + l->fo_gone < l->user.fastopen && l->accept_n < l->backlog;
}

/* A connection in SYN-RECEIVED with the data of its SYN. */
static bool make(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                 const struct tcp_key *k, uint8_t give)
{
    struct tcp_synrcvd r = {0};
    struct tcp_conn *c = wf_tcp_conn_alloc(net, &l->user, k);
    if (c == NULL)
        return false;
    wf_tcp_read_syn(net, l, s, k, &r);
    c->opt = r.opt;
    c->ecn = r.ecn;
    c->snd.iss = wf_tcp_isn(net, k);
    c->snd.una = c->snd.nxt = c->snd.iss;
    c->sendq.start = c->sendq.end = c->snd.iss.v + 1;
    c->snd.wnd = c->snd.wnd_max = s->h.wnd;
    c->snd.wl1 = s->h.seq;
    c->rcv.irs = s->h.seq;
    c->rcv.nxt = c->rcv.acked = wf_seq_add(s->h.seq, 1);
    c->rcv.edge = wf_seq_add(c->rcv.nxt, wf_min_u32(l->user.rcvbuf, 65535));
    c->fo = (uint8_t)(TCP_FO_PASSIVE | TCP_FO_PENDING | TCP_FO_TAKEN | give);
    l->fo_pending++;
    (void)wf_dst_route(net, &c->dst, wf_addr_to4(&k->remote.addr));
    wf_tcp_update_mss(net, c);
    wf_tcp_set_state(net, c, WEFT_TCP_SYN_RECEIVED);
    s->seq = c->rcv.nxt;
    s->len = wf_min_u32(s->len, c->rcv.edge.v - c->rcv.nxt.v);
    wf_tcp_take_text(net, c, s);
    wf_tcp_timer_clear(c, TCP_T_DELACK); /* The SYN,ACK says it. */
    wf_tcp_timer_set(net, c, TCP_T_RTO, (uint64_t)wf_rtt_rto_us(&c->rtt) * 1000);
    c->snd.wants_syn = true;
    wf_tcp_wake(net, c);
    wf_tcp_queue_accept(net, l, c);
    return true;
}

bool wf_fo_listen_arrives(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                          const struct tcp_key *k, bool *gives)
{
    const struct tcp_opts *o = &s->h.opt;
    bool is_good = is_cookie(&net->tcp->fo_key, &k->remote.addr, o);
    bool is_old = !is_good && is_cookie(&net->tcp->fo_old_key, &k->remote.addr, o);
    *gives = !is_good;
    if (!is_good && !is_old) {
        wf_count(net, o->fo_n == TCP_FO_REQUEST ? WEFT_COUNT_TCP_FO_COOKIES_OUT
                                                : WEFT_COUNT_TCP_FO_COOKIES_BAD);
        return false;
    }
    if (s->len == 0)
        return false;
    if (!has_room(net, l)) {
        wf_count(net, WEFT_COUNT_TCP_FO_LIMITED);
        return false;
    }
    if (!make(net, l, s, k, is_old ? TCP_FO_GIVE : 0))
        return false;
    wf_count(net, WEFT_COUNT_TCP_FO_PASSIVE);
    wf_net_done(net, s->p);
    return true;
}

void wf_fo_settled(struct net *net, struct tcp_conn *c, bool is_failed)
{
    struct tcp_listener *l = wf_tcp_find_listener(net, &c->key.local);
    c->fo &= (uint8_t)~TCP_FO_PENDING;
    if (l == NULL || l->fo_pending == 0)
        return;
    l->fo_pending--;
    if (!is_failed)
        return;
    l->fo_gone = net->now_ns < l->fo_gone_until_ns ? l->fo_gone + 1 : 1;
    l->fo_gone_until_ns = net->now_ns + GONE_NS;
}

void wf_fo_listener_gone(struct net *net, const struct tcp_listener *l)
{
    const struct wf_slab *s = &net->tcp->conns;
    if (l->fo_pending == 0)
        return;
    for (struct tcp_conn *c = wf_slab_next_live(s, 0); c != NULL;
         c = wf_slab_next_live(s, wf_slab_index(s, c) + 1))
        if (wf_tcp_find_listener(net, &c->key.local) == l)
            c->fo &= (uint8_t)~TCP_FO_PENDING;
}

/* ---- client ---- */

static struct tcp_fo_peer *find(const struct net *net, const struct weft_addr *addr)
{
    const struct wf_slab *s = &net->tcp->fo_peers;
    for (struct tcp_fo_peer *p = wf_slab_next_live(s, 0); p != NULL;
         p = wf_slab_next_live(s, wf_slab_index(s, p) + 1))
        if (wf_addr_eq(&p->addr, addr))
            return p;
    return NULL;
}

static void touch(struct net *net, struct tcp_fo_peer *p)
{
    wf_list_remove(&p->order);
    wf_list_push_back(&net->tcp->fo_order, &p->order);
}

/* The entry of an address, a new one if need be; NULL if there are to be none. */
static struct tcp_fo_peer *remember(struct net *net, const struct weft_addr *addr)
{
    struct wf_tcp *t = net->tcp;
    struct tcp_fo_peer *p = find(net, addr);
    if (p == NULL && t->fo_peers.max > 0 && t->fo_peers.in_use == t->fo_peers.max) {
        struct wf_list *oldest = wf_list_pop_front(&t->fo_order);
        wf_slab_free(&t->fo_peers, WF_CONTAINER_OF(oldest, struct tcp_fo_peer, order));
    }
    if (p == NULL)
        p = wf_slab_alloc(&t->fo_peers);
    if (p == NULL)
        return NULL;
    p->addr = *addr;
    touch(net, p);
    return p;
}

void wf_fo_connect(struct net *net, struct tcp_conn *c)
{
    struct tcp_fo_peer *p = find(net, &c->key.remote.addr);
    if (p != NULL && net->now_ns < p->off_until_ns)
        return;
    c->fo |= TCP_FO_ASKED;
    if (p == NULL || p->cookie_n == 0)
        return;
    touch(net, p);
    c->opt.peer_mss = p->mss; /* What is written is cut for the SYN. */
}

uint32_t wf_fo_offer(struct net *net, struct tcp_conn *c, struct tcp_opts *o)
{
    if (c->state == WEFT_TCP_SYN_RECEIVED || (c->fo & TCP_FO_ASKED) == 0)
        return 0;
    if (c->timers.rtos > 0) { /* 4.2.2: without data and option. */
        wf_fo_failed(net, c);
        return 0;
    }
    const struct tcp_fo_peer *p = find(net, &c->key.remote.addr);
    if (p == NULL || p->cookie_n == 0) {
        o->fo_n = TCP_FO_REQUEST;
        return 0;
    }
    o->fo_n = p->cookie_n;
    o->fo = p->cookie;
    uint32_t mss = c->snd.mss + (c->opt.has_ts ? TCP_TS_BYTES : 0), opts = wf_tcp_opts_bytes(o);
    return mss > opts ? wf_min_u32(wf_sendq_bytes(&c->sendq), mss - opts) : 0;
}

void wf_fo_failed(struct net *net, struct tcp_conn *c)
{
    if ((c->fo & TCP_FO_ASKED) == 0)
        return;
    c->fo &= (uint8_t)~TCP_FO_ASKED;
    struct tcp_fo_peer *p = remember(net, &c->key.remote.addr);
    wf_count(net, WEFT_COUNT_TCP_FO_ACTIVE_FAILED);
    if (p == NULL)
        return;
    p->cookie_n = 0;
    p->off_until_ns = net->now_ns + HOLD_NS;
}

void wf_fo_answered(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    const struct tcp_opts *o = &s->h.opt;
    bool has_cookie = o->fo_n > TCP_FO_REQUEST && (c->fo & TCP_FO_ASKED) != 0;
    struct tcp_fo_peer *p = has_cookie ? remember(net, &c->key.remote.addr) : NULL;
    if (p != NULL) {
        memcpy(p->cookie, o->fo, o->fo_n);
        p->cookie_n = o->fo_n;
        p->mss = c->opt.peer_mss;
    }
    if ((c->fo & TCP_FO_DATA) == 0)
        return;
    uint32_t taken = s->h.ack.v - c->snd.iss.v - 1;
    c->snd.una = c->snd.nxt = s->h.ack; /* What was not taken is as if it had never been sent. */
    if (taken == 0) {
        /* 4.1.3.1; with a new cookie the old one was only out of date. */
        if (!has_cookie && c->state == WEFT_TCP_SYN_SENT)
            wf_fo_failed(net, c);
        return;
    }
    c->fo |= TCP_FO_TAKEN;
    c->acct.bytes_acked += taken;
    wf_sendq_drop_to(&net->pool.bufs, &c->sendq, s->h.ack.v);
    wf_count(net, WEFT_COUNT_TCP_FO_ACTIVE);
}
