/* SPDX-License-Identifier: MIT */
/** DOC: user - the user's calls on a connection (RFC 9293 3.10.2 to 3.10.6) */
#include "tcp/conn.h"

static bool is_connecting(const struct tcp_conn *c)
{
    return c->state == WEFT_TCP_SYN_SENT || c->state == WEFT_TCP_SYN_RECEIVED;
}

/* A dead connection says why once; after that it is simply gone. */
static int take_err(struct tcp_conn *c, int otherwise)
{
    int err = c->err != 0 ? c->err : otherwise;
    c->err = 0;
    return -err;
}

/* Sums are made at the copy unless the way out does not need them. */
static uint32_t block_bytes(const struct net *net, const struct tcp_conn *c)
{
    const struct netif *nif = wf_netif_get(net, c->dst.ifindex);
    bool is_offloaded = nif != NULL && (nif->caps & WEFT_CAP_TX_CSUM) != 0;
    return is_offloaded ? 0 : c->snd.mss;
}

int64_t wf_tcp_send(struct net *net, struct tcp_conn *c, const uint8_t *buf, size_t len)
{
    if (c->state == WEFT_TCP_CLOSED)
        return take_err(c, WEFT_EPIPE);
    if (c->snd.is_fin_queued)
        return -WEFT_EPIPE;
    uint32_t used = wf_sendq_bytes(&c->sendq);
    uint32_t room = used < c->user.sndbuf ? c->user.sndbuf - used : 0;
    if (len == 0)
        return 0;
    if (room == 0)
        return -WEFT_EAGAIN;
    uint32_t n = len < room ? (uint32_t)len : room;
    uint32_t sent = wf_seq_max(c->snd.nxt, wf_seq(c->sendq.start)).v;
    n = wf_sendq_write(&net->pool.bufs, &c->sendq, buf, n, sent, block_bytes(net, c));
    if (n == 0)
        return -WEFT_EAGAIN;
    if (!is_connecting(c))
        wf_tcp_wake(net, c);
    return n;
}

/* Common start of the receiving calls: 1 = there is data. */
static int recv_state(struct net *net, struct tcp_conn *c)
{
    if (c->rcv.is_urg)
        wf_tcp_urgent_settle(net, c);
    if (c->recvq.bytes > 0 && !c->rcv.is_shut)
        return 1;
    if (c->state == WEFT_TCP_CLOSED && c->err != 0)
        return take_err(c, 0);
    if (c->rcv.is_fin_seen || c->rcv.is_shut || c->state == WEFT_TCP_CLOSED)
        return 0;
    bool is_early = (c->fo & TCP_FO_PASSIVE) != 0; /* Handed out before its handshake was over. */
    return is_connecting(c) && !is_early ? -WEFT_ENOTCONN : -WEFT_EAGAIN;
}

static void after_read(struct net *net, struct tcp_conn *c, uint32_t n)
{
    if (n > 0)
        c->rcv.is_at_mark = false;
    if (c->rcv.is_urg)
        wf_tcp_urgent_settle(net, c);
    wf_tcp_after_read(net, c);
}

int64_t wf_tcp_recv(struct net *net, struct tcp_conn *c, uint8_t *buf, size_t cap)
{
    int state = recv_state(net, c);
    if (state != 1)
        return state;
    uint32_t limit = wf_tcp_urgent_limit(c);
    uint32_t n = wf_recvq_read(&net->pool, &c->recvq, buf, cap < limit ? (uint32_t)cap : limit);
    after_read(net, c, n);
    return n;
}

int wf_tcp_recv_lend(struct net *net, struct tcp_conn *c, struct weft_iov *iov, int iov_n)
{
    int state = recv_state(net, c);
    if (state != 1)
        return state;
    int n = wf_recvq_peek(&c->recvq, iov, iov_n), i = 0;
    size_t limit = wf_tcp_urgent_limit(c);
    while (i < n && limit > 0) { /* What is shown ends at the mark, as a read does. */
        if (iov[i].len > limit)
            iov[i].len = limit;
        limit -= iov[i++].len;
    }
    return i;
}

int wf_tcp_recv_return(struct net *net, struct tcp_conn *c, size_t bytes)
{
    if (bytes > c->recvq.bytes)
        return -WEFT_EINVAL;
    wf_recvq_read(&net->pool, &c->recvq, NULL, (uint32_t)bytes);
    after_read(net, c, (uint32_t)bytes);
    return 0;
}

/* CLOSE of RFC 9293 3.10.4, the sending half: a FIN behind what is queued. */
static void queue_fin(struct net *net, struct tcp_conn *c)
{
    if (c->snd.is_fin_queued)
        return;
    c->snd.is_fin_queued = true;
    c->snd.fin = wf_seq(c->sendq.end);
    if (c->state == WEFT_TCP_ESTABLISHED)
        wf_tcp_set_state(net, c, WEFT_TCP_FIN_WAIT_1);
    else if (c->state == WEFT_TCP_CLOSE_WAIT)
        wf_tcp_set_state(net, c, WEFT_TCP_LAST_ACK);
    wf_tcp_wake(net, c);
}

int wf_tcp_shutdown(struct net *net, struct tcp_conn *c, bool is_read, bool is_write)
{
    if (c->state == WEFT_TCP_CLOSED || c->state == WEFT_TCP_SYN_SENT)
        return -WEFT_ENOTCONN;
    if (is_read && !c->rcv.is_shut) {
        c->rcv.is_shut = true;
        c->rcv.is_urg = c->rcv.has_urg_octet = c->rcv.is_at_mark = false;
        wf_recvq_read(&net->pool, &c->recvq, NULL, c->recvq.bytes);
        wf_tcp_after_read(net, c);
    }
    if (is_write)
        queue_fin(net, c);
    if (c->ready != NULL)
        wf_ready_mark(net, c->ready);
    return 0;
}

void wf_tcp_close(struct net *net, struct tcp_conn *c)
{
    c->ready = NULL;
    c->is_orphan = true;
    bool is_unread = wf_tcp_readable(c) > 0; /* RFC 9293 SHLD-3 */
    if (c->state == WEFT_TCP_CLOSED) {
        wf_tcp_conn_free(net, c);
    } else if (c->state == WEFT_TCP_SYN_SENT) {
        wf_tcp_done(net, c);
    } else if (is_unread || c->user.linger_ms == 0) {
        wf_tcp_abort(net, c);
    } else {
        wf_recvq_read(&net->pool, &c->recvq, NULL, c->recvq.bytes);
        queue_fin(net, c);
        if (c->state == WEFT_TCP_FIN_WAIT_2)
            wf_tcp_timer_set(net, c, TCP_T_LINGER, 2ull * c->user.msl_ms * NS_PER_MS);
        else if (c->user.linger_ms > 0)
            wf_tcp_timer_set(net, c, TCP_T_LINGER, (uint32_t)c->user.linger_ms * NS_PER_MS);
    }
}

void wf_tcp_abort(struct net *net, struct tcp_conn *c)
{
    c->ready = NULL;
    c->is_orphan = true;
    switch ((enum weft_tcp_state)c->state) {
    case WEFT_TCP_SYN_RECEIVED:
    case WEFT_TCP_ESTABLISHED:
    case WEFT_TCP_FIN_WAIT_1:
    case WEFT_TCP_FIN_WAIT_2:
    case WEFT_TCP_CLOSE_WAIT:
        wf_tcp_reset_conn(net, c);
        wf_tcp_done(net, c);
        return;
    case WEFT_TCP_SYN_SENT:
    case WEFT_TCP_CLOSING:
    case WEFT_TCP_LAST_ACK:
    case WEFT_TCP_TIME_WAIT:
        wf_tcp_done(net, c);
        return;
    case WEFT_TCP_CLOSED:
    case WEFT_TCP_LISTEN:
    case WEFT_TCP_STATE_COUNT:
        break;
    }
    wf_tcp_conn_free(net, c);
}

uint32_t wf_tcp_ready(const struct tcp_conn *c)
{
    uint32_t bits = 0;
    bool is_dead = c->state == WEFT_TCP_CLOSED;
    if (wf_tcp_readable(c) > 0 || c->rcv.is_fin_seen || c->rcv.is_shut || is_dead)
        bits |= WEFT_READABLE;
    bool has_room = wf_sendq_bytes(&c->sendq) * 3ull <= c->user.sndbuf * 2ull;
    if (is_dead || (wf_tcp_can_send(c) && !c->snd.is_fin_queued && has_room))
        bits |= WEFT_WRITABLE;
    if (wf_tcp_is_synchronized(c))
        bits |= WEFT_CONNECTED;
    if (c->rcv.is_fin_seen)
        bits |= WEFT_PEER_SHUT;
    if (wf_tcp_is_fin_acked(c))
        bits |= WEFT_FINISHED;
    if ((c->rcv.is_urg && !c->rcv.is_urg_read) || c->rcv.has_urg_octet)
        bits |= WEFT_URGENT;
    if (c->soft_err != 0 && !c->user.is_soft_quiet && !is_dead)
        bits |= WEFT_TROUBLE;
    if (is_dead)
        bits |= WEFT_HANGUP;
    if (c->err != 0)
        bits |= WEFT_ERROR;
    return bits;
}

static uint32_t silent_ms(const struct net *net, const struct tcp_conn *c)
{
    return (uint32_t)(((uint64_t)(wf_tcp_coarse(net) - c->acct.heard) << 20) / NS_PER_MS);
}

void wf_tcp_info(const struct net *net, const struct tcp_conn *c, struct weft_tcp_info *out)
{
    bool is_timewait = c->state == WEFT_TCP_CLOSED && wf_tcp_find_timewait(net, &c->key) != NULL;
    uint32_t timeout_ms = wf_tcp_timeout_ms(net, c);
    *out = (struct weft_tcp_info){
        .state = is_timewait ? WEFT_TCP_TIME_WAIT : (enum weft_tcp_state)c->state,
        .has_timestamps = c->opt.has_ts,
        .has_sack = c->opt.has_sack,
        .has_wscale = c->opt.has_wscale,
        .is_in_recovery = c->rec.state == REC_RECOVERY,
        .is_in_loss = c->rec.state == REC_LOSS,
        .snd_wscale = c->opt.snd_wscale,
        .rcv_wscale = c->opt.rcv_wscale,
        .backoff = c->rtt.backoff,
        .mss = c->snd.mss,
        .peer_mss = c->opt.peer_mss,
        .path_mtu = wf_mtu_in_use(c),
        .mtu_search_max = c->mtup.high,
        .mtu_probe = c->mtup.probe,
        .srtt_us = wf_rtt_srtt_us(&c->rtt),
        .rttvar_us = c->rtt.rttvar4_us / 4,
        .rto_us = wf_rtt_rto_us(&c->rtt),
        .min_rtt_us = c->rtt.min_us,
        .cwnd = wf_tcp_cwnd(c),
        .ssthresh = c->cc.ssthresh,
        .flight = wf_tcp_flight(c),
        .snd_wnd = c->snd.wnd,
        .rcv_wnd = c->rcv.edge.v - c->rcv.nxt.v,
        .sendq = wf_sendq_bytes(&c->sendq),
        .unsent = is_connecting(c) || c->snd.is_fin_sent ? 0 : c->sendq.end - c->snd.nxt.v,
        .recvq = c->recvq.bytes,
        .ooo = c->ooo != NULL ? c->ooo->bytes : 0,
        .sacked = c->sb.sacked,
        .lost = c->sb.lost,
        .local_mss = wf_tcp_local_mss(net, &c->user, c->dst.ifindex),
        .snd_una = c->snd.una.v,
        .snd_nxt = c->snd.nxt.v,
        .rcv_nxt = c->rcv.nxt.v,
        .iss = c->snd.iss.v,
        .irs = c->rcv.irs.v,
        .bytes_sent = c->acct.bytes_sent,
        .bytes_retrans = c->acct.bytes_retrans,
        .bytes_acked = c->acct.bytes_acked,
        .bytes_received = c->acct.bytes_received,
        .segs_out = c->acct.segs_out,
        .segs_in = c->acct.segs_in,
        .retrans_segs = c->acct.retrans_segs,
        .rtos = c->acct.rtos,
        .recoveries = c->acct.recoveries,
        .tlps = c->acct.tlps,
        .undos = c->acct.undos,
        .reorder_seen = c->rec.is_reordering_seen,
        .recovery = (enum weft_tcp_recovery)c->rec.kind,
        .ecn = (enum weft_tcp_ecn_mode)c->ecn.mode,
        .delivered_ce = c->ecn.delivered_ce,
        .received_ce = c->ecn.received_ce,
        .received_ce_bytes = c->ecn.ce_bytes,
        .received_e0_bytes = c->ecn.e0_bytes,
        .received_e1_bytes = c->ecn.e1_bytes,
        .delivered_ce_bytes = c->ecn.delivered_ce_bytes,
        .urgent = c->rcv.is_urg ? wf_tcp_urgent_left(c) : 0,
        .soft_err = c->soft_err,
        .user_timeout_ms = timeout_ms == TCP_TIMEOUT_NEVER ? -1 : (int64_t)timeout_ms,
        .silent_ms = wf_tcp_is_synchronized(c) ? silent_ms(net, c) : 0,
        .keep_probes = c->timers.keeps,
        .why = c->snd.why,
        .is_syn_cookie = c->opt.is_cookie,
        .is_fastopen = (c->fo & TCP_FO_TAKEN) != 0,
    };
    const char *name = c->cc.ops->name;
    for (size_t i = 0; i + 1 < sizeof(out->cc) && name[i] != '\0'; i++)
        out->cc[i] = name[i];
}

void wf_tcp_user_set_cc(struct tcp_user *u, const struct weft_cc_ops *ops)
{
    if (u->cc == ops)
        return;
    u->cc = ops;
    for (int i = 0; i < TCP_CC_PARAMS; i++)
        u->cc_param[i] = 0;
}

void wf_tcp_cc_begin(struct weft_cc *cc, const struct tcp_user *u, uint32_t mss, uint32_t window)
{
    const struct weft_cc_ops *ops = wf_cc_ops(cc);
    ops->init(cc, mss, window);
    if (ops != u->cc || ops->set == NULL)
        return; /* Without memory for its state it is another one. */
    for (int i = 0; i < TCP_CC_PARAMS; i++)
        if (u->cc_param[i] != 0)
            (void)ops->set(cc, u->cc_param[i] - 1, u->cc_value[i]);
}

/* Whether the algorithm takes it, asked on one that nobody uses. */
static int try_cc_param(const struct tcp_user *u, int param, uint32_t value)
{
    struct tcp_cc_big big;
    struct weft_cc cc;
    wf_cc_trial(&cc, &big, u->cc);
    wf_tcp_cc_begin(&cc, u, TCP_MSS_DEFAULT, TCP_MSS_DEFAULT);
    return u->cc->set(&cc, param, value);
}

/* Where a parameter is remembered; -1 = no room. */
static int cc_slot(const struct tcp_user *u, int param)
{
    int free = -1;
    for (int i = TCP_CC_PARAMS - 1; i >= 0; i--) {
        if (u->cc_param[i] == param + 1)
            return i;
        if (u->cc_param[i] == 0)
            free = i;
    }
    return free;
}

int wf_tcp_set_cc_param(struct tcp_user *u, struct tcp_conn *c, int param, uint32_t value)
{
    if (param < 0 || param >= UINT8_MAX || u->cc->set == NULL)
        return -WEFT_EINVAL;
    int i = cc_slot(u, param);
    if (i < 0)
        return -WEFT_ENOMEM;
    bool is_live = c != NULL && wf_tcp_is_synchronized(c) && c->cc.ops == u->cc;
    int r = is_live ? u->cc->set(&c->cc, param, value) : try_cc_param(u, param, value);
    if (r != 0)
        return -WEFT_EINVAL;
    u->cc_param[i] = (uint8_t)(param + 1);
    u->cc_value[i] = value;
    if (c == NULL)
        return 0;
    c->user.cc_param[i] = u->cc_param[i];
    c->user.cc_value[i] = value;
    return 0;
}

static bool choose_cc(struct net *net, struct tcp_conn *c, const struct weft_cc_ops *ops)
{
    bool is_recovering = c->rec.state == REC_RECOVERY;
    if (!wf_tcp_is_synchronized(c))
        return wf_cc_choose(&net->tcp->ccs, &c->cc, ops);
    if (!wf_cc_switch(&net->tcp->ccs, &c->cc, ops, c->snd.mss, is_recovering))
        return false;
    if (is_recovering) /* The one before may have done without this window. */
        wf_rec_prr(&c->rec, 0, wf_tcp_flight(c), c->cc.ssthresh, c->snd.mss, false);
    return true;
}

/* RFC 5482 3: a value that changes is told at once. */
static void tell_uto(struct net *net, struct tcp_conn *c)
{
    c->snd.wants_uto = wf_tcp_uto_wire(&c->user) != 0 && c->state != WEFT_TCP_CLOSED;
    if (c->snd.wants_uto)
        wf_tcp_ack_now(net, c);
}

int wf_tcp_apply_user(struct net *net, struct tcp_conn *c, const struct tcp_user *u)
{
    if (u->cc != c->user.cc && !choose_cc(net, c, u->cc))
        return -WEFT_ENOMEM;
    if (c->user.is_cork && !u->is_cork)
        c->snd.wants_override = true; /* Pulling the cork pushes what it held. */
    if (u->quickack == TCP_QUICKACK_OFF)
        c->rcv.quick = 0;
    bool is_keep_new = u->is_keepalive != c->user.is_keepalive ||
                       u->keepidle_s != c->user.keepidle_s ||
                       u->keepintvl_s != c->user.keepintvl_s || u->uto != c->user.uto ||
                       u->user_timeout_ms != c->user.user_timeout_ms;
    uint16_t uto = wf_tcp_uto_wire(&c->user);
    c->user = *u;
    wf_tcp_watch(c);
    if (wf_tcp_is_synchronized(c))
        wf_mtu_probe_mode(net, c);
    if (wf_tcp_uto_wire(u) != uto && wf_tcp_is_synchronized(c))
        tell_uto(net, c);
    wf_rtt_set_floor(&c->rtt, u->rto_min_ms);
    if (is_keep_new && wf_tcp_is_synchronized(c))
        wf_tcp_timer_keep(net, c);
    if (c->state != WEFT_TCP_CLOSED && wf_tcp_is_synchronized(c))
        wf_tcp_wake(net, c); /* Nagle or cork may have let go. */
    return 0;
}

bool wf_tcp_check(const struct net *net, const struct tcp_conn *c)
{
    (void)net;
    if (c->state == WEFT_TCP_CLOSED)
        return wf_sendq_bytes(&c->sendq) == 0 && c->ooo == NULL;
    if (c->state == WEFT_TCP_LISTEN || c->state >= WEFT_TCP_TIME_WAIT)
        return false;
    if (!wf_tcp_is_synchronized(c))
        return true;
    bool is_order = wf_seq_leq(c->snd.una, c->snd.nxt) && wf_seq_leq(c->rcv.nxt, c->rcv.edge) &&
                    wf_seq_leq(c->rcv.acked, c->rcv.nxt);
    struct tcp_seq limit = wf_seq(c->sendq.end + (c->snd.is_fin_sent ? 1u : 0u));
    bool is_sent = wf_seq_leq(c->snd.nxt, limit);
    bool has_timer = wf_seq_eq(c->snd.una, c->snd.nxt) || wf_tcp_timer_is_out(c);
    uint32_t one_of = c->timers.armed & ((1u << TCP_T_DELACK) - 1);
    bool is_alone = (one_of & (one_of - 1)) == 0 && wf_tcp_timer_is_early(c); /* RFC 8985 8 */
    /* What was counted and what the numbers say agree. */
    bool is_counted =
        c->rcv.nxt.v == c->rcv.irs.v + 1 + (uint32_t)c->acct.bytes_received + c->rcv.is_fin_seen;
    /* Who waits for its turn is woken. */
    bool is_paced = c->snd.why != WEFT_WHY_PACING || wf_tcp_timer_is_set(c, TCP_T_PACE) ||
                    wf_list_is_linked(&c->sender.link);
    const struct tcp_mtup *m = &c->mtup;
    bool is_range =
        m->low == 0 ? m->probe == 0 : m->low <= m->high && (m->probe == 0 || m->probe > m->low);
    return is_order && is_sent && has_timer && is_alone && is_counted && is_paced && is_range &&
           wf_sb_check(&c->sb, c->snd.una, c->snd.nxt);
}
