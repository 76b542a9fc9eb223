/* SPDX-License-Identifier: MIT */
/**
 * DOC: listen - passive open: LISTEN and SYN-RECEIVED of a listener (RFC 9293 3.10.7.2)
 *
 * A SYN makes a small record; the acknowledgement of our SYN,ACK makes the connection and puts it
 * on the accept queue. While that queue is full the last acknowledgement is dropped and the peer
 * tries again. Limits: tcp_synrcvd_max for all listeners, the backlog for each.
 *
 * A SYN that finds no room for its record is answered with a cookie (cookie.h, RFC 4987 3.6) and
 * forgotten; nothing else about it is known until a matching acknowledgement comes. Those are
 * looked for only while a cookie that the listener gave is still good, so that nobody can guess at
 * one in quiet times. While records are running out, each is given up sooner: a forged SYN draws at
 * most three answers then.
 */
#include "tcp/conn.h"
#include "tcp/cookie.h"

#define SYNACK_RETRIES         5
#define SYNACK_RETRIES_PRESSED 2 /* More than half of the records are in use. */

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

static void synack_output(struct net *net, struct tcp_synrcvd *r, const struct tcp_listener *l)
{
    struct tcp_opts o;
    struct wf_dst d = {0};
    (void)wf_dst_route(net, &d, wf_addr_to4(&r->key.remote.addr));
    wf_tcp_offer(net, &r->opt, wf_tcp_local_mss(net, &l->user, d.ifindex), &o);
    o.uto = wf_tcp_uto_wire(&l->user);
    uint16_t ecn = wf_ecn_synack(&r->ecn, r->retries, r->is_rtx, &o);
    uint8_t cookie[FO_COOKIE_BYTES];
    if (r->gives_fo) {
        wf_fo_cookie(net, &r->key.remote.addr, cookie);
        o.fo_n = sizeof(cookie);
        o.fo = cookie;
        o.acc = 0; /* Both find no room; byte counters can wait. */
    }
    if (wf_tcp_opts_bytes(&o) > TCP_OPTS_MAX_BYTES)
        o.uto = 0; /* It comes again with the first segment that is no SYN. */
    struct tcp_bare b = {.key = &r->key,
                         .seq = r->iss,
                         .ack = wf_seq_add(r->irs, 1),
                         .flags = TCP_SYN | TCP_ACK | ecn,
                         .wnd = (uint16_t)wf_min_u32(l->user.rcvbuf, 65535),
                         .ttl = l->user.ttl,
                         .tos = l->user.tos,
                         .opt = &o};
    wf_tcp_bare_output(net, &b);
}

/* What does not fit a half-open connection: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>. */
static void ack_output(struct net *net, const struct tcp_synrcvd *r, const struct tcp_listener *l)
{
    struct tcp_opts o = {
        .has_ts = r->opt.has_ts, .ts_val = wf_tcp_ts_now(net, &r->opt), .ts_ecr = r->opt.ts_recent};
    struct tcp_bare b = {.key = &r->key,
                         .seq = wf_seq_add(r->iss, 1),
                         .ack = wf_seq_add(r->irs, 1),
                         .flags = TCP_ACK,
                         .wnd = (uint16_t)(wf_min_u32(l->user.rcvbuf, 65535) >> r->opt.rcv_wscale),
                         .ttl = l->user.ttl,
                         .tos = l->user.tos,
                         .opt = &o};
    wf_tcp_bare_output(net, &b);
}

static uint64_t synack_rto_ns(const struct tcp_synrcvd *r)
{
    return (uint64_t)RTO_INITIAL_US * 1000 << r->retries;
}

/* Half-open connections that a listener may have. */
static uint32_t share(const struct tcp_listener *l)
{
    return l->backlog + 1;
}

static uint32_t retries_max(const struct net *net, const struct tcp_listener *l)
{
    const struct wf_slab *all = &net->tcp->synrcvds;
    bool is_pressed = l->synrcvd_n > share(l) / 2 || all->in_use > all->max / 2;
    return is_pressed ? SYNACK_RETRIES_PRESSED : SYNACK_RETRIES;
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
    if (l == NULL || r->retries >= retries_max(net, l)) {
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

void wf_tcp_read_syn(const struct net *net, const struct tcp_listener *l, const struct tcp_seg *s,
                     const struct tcp_key *k, struct tcp_synrcvd *r)
{
    r->key = *k;
    r->irs = s->h.seq;
    r->sent_ns = net->now_ns;
    r->opt.has_ts = l->user.may_ts;
    r->opt.has_sack = l->user.may_sack;
    r->opt.has_wscale = l->user.may_wscale;
    r->opt.rcv_wscale = wf_tcp_rcv_wscale(l->user.rcvbuf);
    r->opt.ts_offset = wf_tcp_ts_offset(net, k);
    wf_tcp_agree(net, &r->opt, &s->h.opt);
    wf_ecn_take_syn(&r->ecn, l->user.ecn_ask, s->h.flags, s->m->tos, false);
}

static struct cookie cookie_of(const struct tcp_synrcvd *r)
{
    return (struct cookie){.local = &r->key.local,
                           .remote = &r->key.remote,
                           .irs = r->irs,
                           .mss = r->opt.peer_mss,
                           .snd_wscale = r->opt.snd_wscale,
                           .rcv_wscale = r->opt.rcv_wscale,
                           .has_ts = r->opt.has_ts,
                           .has_wscale = r->opt.has_wscale,
                           .has_sack = r->opt.has_sack,
                           .has_ecn = r->ecn.mode == WEFT_TCP_ECN_CLASSIC};
}

/* Answer with a cookie; the record lives as long as this call. */
static void cookie_output(struct net *net, struct tcp_listener *l, const struct tcp_seg *s,
                          const struct tcp_key *k)
{
    struct tcp_synrcvd r = {0};
    wf_tcp_read_syn(net, l, s, k, &r);
    if (!r.opt.has_ts) { /* Nothing would bring them back. */
        r.opt.has_sack = r.opt.has_wscale = false;
        r.opt.snd_wscale = r.opt.rcv_wscale = 0;
    }
    if (!r.opt.has_ts ||
        r.ecn.mode != WEFT_TCP_ECN_CLASSIC) /* One bit: of AccECN it cannot tell. */
        r.ecn = (struct tcp_ecn){0};
    struct cookie c = cookie_of(&r);
    uint32_t ts = wf_tcp_ts_now(net, &r.opt);
    r.opt.ts_offset += wf_cookie_ts_put(ts, &c) - ts;
    r.iss = wf_cookie_make(&net->tcp->cookie_key, &c, net->now_ns);
    l->cookie_until_ns = net->now_ns + COOKIE_LIFE_NS;
    wf_count(net, WEFT_COUNT_TCP_COOKIES_OUT);
    synack_output(net, &r, l);
}

static void new_synrcvd(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                        const struct tcp_key *k)
{
    bool gives_fo = false, has_fo = l->user.fastopen > 0 && s->h.opt.fo_n != 0;
    if (has_fo && wf_fo_listen_arrives(net, l, s, k, &gives_fo))
        return;
    bool may_keep = l->user.syn_cookies != TCP_COOKIES_ALWAYS && l->synrcvd_n < share(l);
    struct tcp_synrcvd *r = may_keep ? wf_slab_alloc(&net->tcp->synrcvds) : NULL;
    if (r == NULL && l->user.syn_cookies == TCP_COOKIES_NEVER) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_SYN_LIMIT);
        return;
    }
    if (r == NULL) {
        cookie_output(net, l, s, k);
        wf_net_done(net, s->p);
        return;
    }
    l->synrcvd_n++;
    wf_tcp_read_syn(net, l, s, k, r);
    r->listener = wf_slab_handle(&net->tcp->listeners, l);
    r->timer.kind = TIMER_TCP_SYNRCVD;
    r->iss = wf_tcp_isn(net, k);
    r->gives_fo = gives_fo;
    wf_tcp_link_synrcvd(net, r);
    synack_output(net, r, l);
    wf_wheel_arm(&net->wheel, &r->timer, net->now_ns + synack_rto_ns(r));
    wf_net_done(net, s->p); /* Data on a SYN is sent again by the peer. */
}

void wf_tcp_queue_accept(struct net *net, struct tcp_listener *l, struct tcp_conn *c)
{
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
}

/* The handshake is complete: a connection as ESTABLISHED, on the accept queue. */
static struct tcp_conn *promote(struct net *net, const struct tcp_synrcvd *r,
                                struct tcp_listener *l, const struct tcp_seg *s)
{
    struct tcp_conn *c =
        l->accept_n < l->backlog ? wf_tcp_conn_alloc(net, &l->user, &r->key) : NULL;
    if (c == NULL)
        return NULL;
    c->opt = r->opt;
    c->ecn = r->ecn;
    if (s->len == 0 && s->h.opt.sack_n == 0)
        wf_ecn_take_last_ack(&c->ecn, s->h.flags);
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
    wf_tcp_queue_accept(net, l, c);
    return c;
}

static bool in_window(const struct tcp_synrcvd *r, const struct tcp_listener *l, struct tcp_seq seq)
{
    struct tcp_seq nxt = wf_seq_add(r->irs, 1);
    return wf_seq_in(seq, nxt, wf_seq_add(nxt, wf_min_u32(l->user.rcvbuf, 65535)));
}

/* RFC 9768 3.1.5: it asked for two kinds of feedback, and which of them holds is unknowable. */
static void reset(struct net *net, struct tcp_synrcvd *r, const struct tcp_listener *l)
{
    struct tcp_bare b = {.key = &r->key,
                         .seq = wf_seq_add(r->iss, 1),
                         .ack = wf_seq_add(r->irs, 1),
                         .flags = TCP_RST | TCP_ACK,
                         .ttl = l->user.ttl,
                         .tos = l->user.tos};
    wf_count(net, WEFT_COUNT_TCP_RSTS_OUT);
    wf_tcp_bare_output(net, &b);
    wf_tcp_synrcvd_free(net, r);
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
        if (!wf_ecn_take_syn_again(&r->ecn, l->user.ecn_ask, s->h.flags, s->m->tos)) {
            reset(net, r, l);
            wf_net_drop(net, s->p, WEFT_DROP_TCP_ECN_MIXED);
            return;
        }
        synack_output(net, r, l);
        if (r->retries >= retries_max(net, l)) /* The peer is there: its answer is waited for. */
            wf_wheel_arm(&net->wheel, &r->timer, net->now_ns + synack_rto_ns(r));
        wf_net_drop(net, s->p, WEFT_DROP_TCP_OLD_DUP);
        return;
    }
    if (!in_window(r, l, s->h.seq) || is_paws) {
        if (!is_rst)
            ack_output(net, r, l);
        wf_net_drop(net, s->p, is_paws ? WEFT_DROP_TCP_PAWS : WEFT_DROP_TCP_WINDOW);
        return;
    }
    if (is_rst) { /* RFC 5961 3.2: only the exact number ends it. */
        if (wf_seq_eq(s->h.seq, nxt))
            wf_tcp_synrcvd_free(net, r);
        else
            ack_output(net, r, l);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_RST_IGNORED);
        return;
    }
    if (is_syn) { /* RFC 9293 3.10.7.4, fourth: back to LISTEN. */
        wf_tcp_synrcvd_free(net, r);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_STATE);
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
    struct tcp_conn *c = promote(net, r, l, s);
    if (c == NULL) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_ACCEPT_LIMIT);
        return;
    }
    wf_tcp_synrcvd_free(net, r);
    wf_tcp_segment_arrives(net, c, s);
}

/* Whether an acknowledgement out of nowhere brings a cookie back, and what it says. */
static bool read_cookie(struct net *net, const struct tcp_listener *l, const struct tcp_seg *s,
                        const struct tcp_key *k, struct tcp_synrcvd *r)
{
    *r = (struct tcp_synrcvd){.key = *k,
                              .irs = wf_seq_sub(s->h.seq, 1),
                              .iss = wf_seq_sub(s->h.ack, 1),
                              .is_rtx = true}; /* When it was sent is not known. */
    r->opt.is_cookie = true;
    r->opt.ts_offset = wf_tcp_ts_offset(net, k);
    r->opt.has_ts = l->user.may_ts && s->h.opt.has_ts;
    struct cookie c = cookie_of(r);
    if (r->opt.has_ts) {
        if (!wf_cookie_ts_get(wf_tcp_ts_now(net, &r->opt), s->h.opt.ts_ecr, &c))
            return false;
        c.rcv_wscale = c.has_wscale ? wf_tcp_rcv_wscale(l->user.rcvbuf) : 0;
        r->opt.ts_recent = s->h.opt.ts_val;
        r->opt.ts_recent_ms = (uint32_t)(net->now_ns / NS_PER_MS);
    }
    if (!wf_cookie_open(&net->tcp->cookie_key, &c, r->iss, net->now_ns))
        return false;
    r->opt.peer_mss = c.mss;
    r->opt.snd_wscale = c.snd_wscale;
    r->opt.rcv_wscale = c.rcv_wscale;
    r->opt.has_wscale = c.has_wscale;
    r->opt.has_sack = c.has_sack;
    if (c.has_ecn)
        r->ecn.mode = WEFT_TCP_ECN_CLASSIC;
    return true;
}

/* An acknowledgement to a listener: of a cookie, or of nothing that was ever sent. */
static void stray_ack(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                      const struct tcp_key *k)
{
    struct tcp_synrcvd r;
    bool may_be = net->now_ns < l->cookie_until_ns && (s->h.flags & TCP_SYN) == 0;
    bool is_cookie = may_be && read_cookie(net, l, s, k, &r);
    if (may_be)
        wf_count(net, is_cookie ? WEFT_COUNT_TCP_COOKIES_IN : WEFT_COUNT_TCP_COOKIES_FAILED);
    if (!is_cookie) {
        /* Text may have overtaken the segment that brings the cookie back: that one comes, too. */
        bool may_be_early = may_be && (s->len > 0 || (s->h.flags & TCP_FIN) != 0);
        if (!may_be_early)
            wf_tcp_reset_output(net, s);
        wf_net_drop(net, s->p, WEFT_DROP_TCP_LISTEN);
        return;
    }
    struct tcp_conn *c = promote(net, &r, l, s);
    if (c == NULL) /* It comes again with what the peer sends. */
        wf_net_drop(net, s->p, WEFT_DROP_TCP_ACCEPT_LIMIT);
    else
        wf_tcp_segment_arrives(net, c, s);
}

void wf_tcp_listen_arrives(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                           const struct tcp_key *k)
{
    if (wf_tcp_is_quiet(net)) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_QUIET);
    } else if ((s->h.flags & TCP_RST) != 0) { /* First: RST is ignored. */
        wf_net_drop(net, s->p, WEFT_DROP_TCP_RST_IGNORED);
    } else if ((s->h.flags & TCP_ACK) != 0) { /* Second. */
        stray_ack(net, l, s, k);
    } else if ((s->h.flags & TCP_SYN) == 0 || (s->h.flags & TCP_FIN) != 0) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_LISTEN);
    } else if (l->accept_n > l->backlog) {
        wf_net_drop(net, s->p, WEFT_DROP_TCP_ACCEPT_LIMIT);
    } else {
        new_synrcvd(net, l, s, k);
    }
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
    wf_fo_listener_gone(net, l);
    /* Half-open records find their listener gone by its handle; their timers clear them. */
    wf_tcp_unlink_listener(net, l);
    wf_slab_free(&net->tcp->listeners, l);
}
