/* SPDX-License-Identifier: MIT */
/** DOC: open - making and ending connections: active open, ports, the end in its forms */
#include "tcp/conn.h"

#define EPHEMERAL_FIRST 32768u
#define EPHEMERAL_COUNT 28232u
#define EPHEMERAL_TRIES 16384u
#define QUICK_ACKS      16

void wf_tcp_user_default(const struct net *net, struct tcp_user *u)
{
    *u = (struct tcp_user){.cc = net->cfg->cc != NULL ? net->cfg->cc : &weft_cc_cubic,
                           .sndbuf = net->cfg->sndbuf_bytes,
                           .rcvbuf = net->cfg->rcvbuf_bytes,
                           .msl_ms = 30000,
                           .delack_ms = 40,
                           .rto_min_ms = RTO_MIN_MS,
                           .keepidle_s = 7200, /* RFC 9293 MUST-28; the rest as hosts have it. */
                           .keepintvl_s = 75,
                           .keepcnt = 10,
                           .linger_ms = -1,
                           .ttl = net->ip->sw.ttl,
                           .syn_retries = 7,
                           .ecn_ask = net->cfg->tcp_ecn,
                           .syn_cookies = TCP_COOKIES_PRESSURE,
                           .mtu_probing = net->cfg->tcp_mtu_probing,
                           .may_ts = true,
                           .may_sack = true,
                           .may_wscale = true};
}

struct tcp_conn *wf_tcp_conn_alloc(struct net *net, const struct tcp_user *u,
                                   const struct tcp_key *k)
{
    struct tcp_conn *c = wf_slab_alloc(&net->tcp->conns);
    if (c == NULL)
        return NULL;
    c->key = *k;
    c->user = *u;
    c->timer.kind = TIMER_TCP_CONN;
    wf_rtt_set_floor(&c->rtt, u->rto_min_ms);
    c->rcv.quick = u->quickack == TCP_QUICKACK_OFF ? 0 : QUICK_ACKS;
    c->rcv.mss = TCP_MSS_DEFAULT;
    (void)wf_cc_choose(&net->tcp->ccs, &c->cc, u->cc);
    c->opt.ts_offset = wf_tcp_ts_offset(net, k);
    c->acct.state_ns = net->now_ns;
    wf_sb_init(&c->sb);
    wf_tcp_link_conn(net, c);
    return c;
}

static void release_buffers(struct net *net, struct tcp_conn *c)
{
    wf_sendq_drop_to(&net->pool.bufs, &c->sendq, c->sendq.end);
    wf_sb_clear(&net->tcp->recs, &c->sb);
    if (c->ooo != NULL) {
        wf_reasm_clear(&net->pool, c->ooo);
        wf_slab_free(&net->tcp->reasms, c->ooo);
        c->ooo = NULL;
    }
}

void wf_tcp_conn_free(struct net *net, struct tcp_conn *c)
{
    release_buffers(net, c);
    wf_cc_release(&net->tcp->ccs, &c->cc);
    wf_recvq_read(&net->pool, &c->recvq, NULL, c->recvq.bytes);
    wf_wheel_disarm(&net->wheel, &c->timer);
    wf_list_remove(&c->sender.link);
    if (c->state != WEFT_TCP_CLOSED)
        wf_tcp_unlink_conn(net, c);
    wf_slab_free(&net->tcp->conns, c);
}

/* CLOSED: out of the tables, nothing more to send; what was received may still be read. */
static void close_down(struct net *net, struct tcp_conn *c, int err)
{
    if (c->state != WEFT_TCP_CLOSED) {
        wf_tcp_unlink_conn(net, c);
        wf_tcp_set_state(net, c, WEFT_TCP_CLOSED);
    }
    c->err = (int16_t)err;
    release_buffers(net, c);
    wf_wheel_disarm(&net->wheel, &c->timer);
    wf_tcp_timer_stop(c);
    wf_list_remove(&c->sender.link);
    if (c->ready != NULL) {
        wf_ready_mark(net, c->ready);
        return;
    }
    if (c->listener != NULL) { /* Waits for accept(): the user finds it dead (as on Linux). */
        return;
    }
    wf_tcp_conn_free(net, c);
}

void wf_tcp_fail(struct net *net, struct tcp_conn *c, int err)
{
    if (err == WEFT_ECONNRESET)
        c->rcv.is_shut = true; /* RFC 9293 3.10.7.4: flushed. The bytes may be lent, and stay. */
    close_down(net, c, err);
}

void wf_tcp_done(struct net *net, struct tcp_conn *c)
{
    close_down(net, c, 0);
}

bool wf_tcp_port_is_free(const struct net *net, const struct weft_endpoint *local, bool is_reuse)
{
    const struct wf_tcp *t = net->tcp;
    const struct tcp_listener *l = NULL;
    for (l = wf_slab_next_live(&t->listeners, 0); l != NULL;
         l = wf_slab_next_live(&t->listeners, wf_slab_index(&t->listeners, l) + 1))
        if (l->local.port == local->port &&
            (wf_addr_is_any(&l->local.addr) || wf_addr_is_any(&local->addr) ||
             wf_addr_eq(&l->local.addr, &local->addr)))
            return false;
    if (is_reuse) /* As Linux has it: connections and TIME-WAIT do not hold a port then. */
        return true;
    for (const struct tcp_conn *c = wf_slab_next_live(&t->conns, 0); c != NULL;
         c = wf_slab_next_live(&t->conns, wf_slab_index(&t->conns, c) + 1))
        if (c->state != WEFT_TCP_CLOSED && c->key.local.port == local->port)
            return false;
    for (const struct tcp_timewait *w = wf_slab_next_live(&t->timewaits, 0); w != NULL;
         w = wf_slab_next_live(&t->timewaits, wf_slab_index(&t->timewaits, w) + 1))
        if (w->key.local.port == local->port)
            return false;
    return true;
}

uint16_t wf_tcp_pick_port(struct net *net, const struct weft_addr *local,
                          const struct weft_endpoint *remote)
{
    uint32_t start = wf_rng_below(&net->rng, EPHEMERAL_COUNT);
    if (remote != NULL) /* RFC 6056 3.3.3: each server sees a row of its own. */
        start = wf_tcp_port_offset(net, local, remote) % EPHEMERAL_COUNT +
                net->tcp->next_ephemeral % EPHEMERAL_COUNT;
    for (uint32_t i = 0; i < EPHEMERAL_TRIES; i++) {
        uint16_t port = (uint16_t)(EPHEMERAL_FIRST + (start + i) % EPHEMERAL_COUNT);
        struct tcp_key k = {.local = {.addr = *local, .port = port}};
        if (wf_tcp_find_listener(net, &k.local) != NULL)
            continue;
        if (remote == NULL) {
            if (wf_tcp_port_is_free(net, &k.local, false))
                return port;
            continue;
        }
        k.remote = *remote;
        bool is_free = wf_tcp_find_conn(net, &k) == NULL && wf_tcp_find_timewait(net, &k) == NULL &&
                       wf_tcp_find_synrcvd(net, &k) == NULL;
        if (is_free) {
            net->tcp->next_ephemeral += i + 1;
            return port;
        }
    }
    return 0;
}

/* Both ends of an active open; 0 or -WEFT_E... */
static int settle_key(struct net *net, const struct weft_endpoint *local,
                      const struct weft_endpoint *remote, struct tcp_key *k)
{
    uint32_t src4 = 0;
    uint16_t ifindex = 0;
    if (!wf_addr_is4(&remote->addr) || remote->port == 0)
        return -WEFT_EINVAL;
    uint32_t dst4 = wf_addr_to4(&remote->addr);
    enum ip4_kind kind = wf_addrs_kind(net, dst4, 0);
    if (kind != IP4_OTHER && kind != IP4_LOCAL) /* RFC 9293 MUST-46 */
        return -WEFT_EINVAL;
    if (!wf_ip4_source(net, dst4, &src4, &ifindex))
        return -WEFT_ENETUNREACH;
    *k = (struct tcp_key){.local = *local, .remote = *remote};
    if (wf_addr_is_any(&local->addr))
        k->local.addr = wf_addr_from4(src4);
    if (wf_addr_to4(&k->local.addr) == 0)
        return -WEFT_EADDRNOTAVAIL;
    if (wf_addr_to4(&k->local.addr) >> 24 == 127 && kind != IP4_LOCAL) /* RFC 1122 3.2.1.3 (g) */
        return -WEFT_EINVAL;
    if (k->local.port == 0)
        k->local.port = wf_tcp_pick_port(net, &k->local.addr, remote);
    if (k->local.port == 0)
        return -WEFT_EADDRNOTAVAIL;
    struct tcp_timewait *t = wf_tcp_find_timewait(net, k);
    /* RFC 6191: with timestamps a second apart the old incarnation cannot be confused. */
    if (t != NULL && t->opt.has_ts && net->now_ns - t->since_ns > NS_PER_S) {
        wf_tcp_timewait_free(net, t);
        t = NULL;
    }
    if (t != NULL || wf_tcp_find_conn(net, k) != NULL || wf_tcp_find_synrcvd(net, k) != NULL)
        return -WEFT_EADDRINUSE;
    return 0;
}

int wf_tcp_connect(struct net *net, const struct tcp_user *u, const struct weft_endpoint *local,
                   const struct weft_endpoint *remote, struct wf_ready *ready,
                   struct tcp_conn **out)
{
    struct tcp_key k;
    int err = settle_key(net, local, remote, &k);
    if (err != 0)
        return err;
    struct tcp_conn *c = wf_tcp_conn_alloc(net, u, &k);
    if (c == NULL)
        return -WEFT_ENOMEM;
    c->ready = ready;
    c->opt.has_ts = u->may_ts;
    c->opt.has_sack = u->may_sack;
    c->opt.has_wscale = u->may_wscale;
    c->opt.rcv_wscale = u->may_wscale ? wf_tcp_rcv_wscale(u->rcvbuf) : 0;
    c->opt.peer_mss = TCP_MSS_DEFAULT;
    if (u->is_fastopen)
        wf_fo_connect(net, c);
    (void)wf_dst_route(net, &c->dst, wf_addr_to4(&k.remote.addr));
    wf_tcp_update_mss(net, c);
    c->snd.iss = wf_tcp_isn(net, &k);
    c->snd.una = c->snd.iss;
    c->snd.nxt = c->snd.iss;
    c->snd.wants_syn = true; /* With the next weft_tx(). */
    c->sendq.start = c->sendq.end = c->snd.iss.v + 1;
    wf_tcp_set_state(net, c, WEFT_TCP_SYN_SENT);
    wf_count(net, WEFT_COUNT_TCP_ACTIVE_OPENS);
    wf_tcp_wake(net, c);
    *out = c;
    return 0;
}

void wf_tcp_established(struct net *net, struct tcp_conn *c)
{
    wf_tcp_set_state(net, c, WEFT_TCP_ESTABLISHED);
    wf_tcp_timer_clear(c, TCP_T_RTO);
    wf_tcp_timer_progress(c);
    wf_tcp_update_mss(net, c);
    wf_rec_choose(&c->rec, c->user.recovery, c->opt.has_sack);
    wf_mtu_probe_mode(net, c);
    /* RFC 5681 3.1: a lost SYN or SYN,ACK means one segment to begin with. */
    bool is_lost = c->rtt.srtt8_us == 0 && !c->opt.is_cookie;
    uint32_t iw = is_lost ? c->snd.mss : wf_tcp_initial_window(c);
    if (is_lost)
        wf_rtt_syn_lost(&c->rtt);
    wf_tcp_cc_begin(&c->cc, &c->user, c->snd.mss, iw);
    wf_tcp_watch(c);
    wf_dst_confirm(net, &c->dst);
    c->acct.heard = wf_tcp_coarse(net);
    wf_tcp_timer_keep(net, c);
    c->snd.wants_uto = wf_tcp_uto_wire(&c->user) != 0; /* RFC 5482 3: again without SYN. */
    wf_tcp_wake(net, c);
}
