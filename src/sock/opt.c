/* SPDX-License-Identifier: MIT */
/** DOC: sock options - a table of ranges, then one switch to write and one to read */
#include "sock/sock.h"

#define BUF_MIN       2048
#define BUF_MAX       (1 << 30)
#define LINGER_MAX_MS 28800000 /* Within the reach of a connection's timers. */

/** enum opt_until - How long an option may be set */
enum opt_until {
    ALWAYS,
    UNTIL_CONNECTED, /* On a listener, too. */
    UNTIL_OPEN,      /* Before connect or listen. */
};

/** struct opt_range - What an option takes, and for which sockets */
struct opt_range {
    int64_t min, max;
    bool is_tcp, is_dgram;
    enum opt_until until;
};

static const struct opt_range ranges[WEFT_SOCK_OPT_COUNT] = {
    [WEFT_SO_SNDBUF] = {BUF_MIN, BUF_MAX, true, false, ALWAYS},
    [WEFT_SO_RCVBUF] = {BUF_MIN, BUF_MAX, true, true, ALWAYS},
    [WEFT_SO_REUSEADDR] = {0, 1, true, true, ALWAYS},
    [WEFT_SO_BROADCAST] = {0, 1, false, true, ALWAYS},
    [WEFT_SO_LINGER_MS] = {-1, LINGER_MAX_MS, true, false, ALWAYS},
    [WEFT_SO_USER] = {INT64_MIN, INT64_MAX, true, true, ALWAYS},
    [WEFT_IP_TTL] = {1, 255, true, true, ALWAYS},
    [WEFT_IP_TOS] = {0, 255, true, true, ALWAYS},
    [WEFT_IP_DF] = {0, WEFT_IP_DF_COUNT - 1, false, true, ALWAYS},
    [WEFT_IP_RECVERR] = {0, 1, false, true, ALWAYS},
    [WEFT_ICMP_TYPES] = {INT64_MIN, INT64_MAX, false, true, ALWAYS},
    [WEFT_TCP_NODELAY] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_CORK] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_MAXSEG] = {TCP_MSS_MIN, 65495, true, false, UNTIL_CONNECTED},
    [WEFT_TCP_QUICKACK] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_DELACK_MS] = {1, 500, true, false, ALWAYS},
    [WEFT_TCP_RTO_MIN_MS] = {1, 60000, true, false, ALWAYS},
    [WEFT_TCP_USER_TIMEOUT_MS] = {-1, UINT32_MAX - 1LL, true, false, ALWAYS},
    [WEFT_TCP_SYN_RETRIES] = {1, 20, true, false, ALWAYS},
    [WEFT_TCP_MSL_MS] = {1, 120000, true, false, ALWAYS},
    [WEFT_TCP_TIMESTAMPS] = {0, 1, true, false, UNTIL_OPEN},
    [WEFT_TCP_SACK] = {0, 1, true, false, UNTIL_OPEN},
    [WEFT_TCP_WSCALE] = {0, 1, true, false, UNTIL_OPEN},
    [WEFT_TCP_INITIAL_WINDOW] = {1, 100, true, false, UNTIL_OPEN},
    [WEFT_TCP_ECN] = {0, TCP_ECN_ASK_COUNT - 1, true, false, UNTIL_OPEN},
    [WEFT_TCP_SYN_COOKIES] = {0, 2, true, false, ALWAYS},
    [WEFT_TCP_FASTOPEN] = {0, 65535, true, false, ALWAYS},
    [WEFT_TCP_FASTOPEN_CONNECT] = {0, 1, true, false, UNTIL_OPEN},
    [WEFT_SO_KEEPALIVE] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_KEEPIDLE_S] = {1, INT16_MAX, true, false, ALWAYS},
    [WEFT_TCP_KEEPINTVL_S] = {1, INT16_MAX, true, false, ALWAYS},
    [WEFT_TCP_KEEPCNT] = {1, INT8_MAX, true, false, ALWAYS},
    [WEFT_TCP_PROBE_OCTET] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_SOFT_ERRORS] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_UTO] = {0, 3, true, false, ALWAYS},
    [WEFT_SO_OOBINLINE] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_STDURG] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_PERSIST_FIXED] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_PACING] = {0, 1, true, false, ALWAYS},
    [WEFT_TCP_MTU_PROBING] = {0, TCP_MTU_PROBING_COUNT - 1, true, false, ALWAYS},
    [WEFT_TCP_MAX_PACING_RATE] = {0, INT64_MAX, true, false, ALWAYS},
    [WEFT_IP_MULTICAST_TTL] = {0, 255, false, true, ALWAYS},
    [WEFT_IP_MULTICAST_LOOP] = {0, 1, false, true, ALWAYS},
    [WEFT_IP_MULTICAST_IF] = {0, 65, false, true, ALWAYS},
    [WEFT_IP_MTU] = {1, 0, false, true, ALWAYS}, /* Only read. */
    [WEFT_UDP_CSUM] = {0, 1, false, true, ALWAYS},
    [WEFT_UDP_NEED_CSUM] = {0, 1, false, true, ALWAYS},
    [WEFT_UDPLITE_SEND_COV] = {0, 65535, false, true, ALWAYS},
    [WEFT_UDPLITE_RECV_COV] = {-1, 65535, false, true, ALWAYS},
    [WEFT_TCP_RECOVERY] = {0, WEFT_TCP_RECOVERY_COUNT - 1, true, false, UNTIL_OPEN},
};

static void set_dgram(struct udp_ep *ep, enum weft_sock_opt opt, int64_t v)
{
    if (opt == WEFT_SO_RCVBUF)
        ep->rcvbuf = (uint32_t)v;
    else if (opt == WEFT_SO_REUSEADDR)
        ep->is_reuse = v != 0;
    else if (opt == WEFT_IP_TTL)
        ep->ttl = (uint8_t)v;
    else if (opt == WEFT_IP_TOS)
        ep->tos = (uint8_t)v;
    else if (opt == WEFT_ICMP_TYPES)
        ep->icmp_types = (uint64_t)v;
    else
        wf_udp_set(ep, opt, v);
}

static void set_tcp(struct tcp_user *u, enum weft_sock_opt opt, int64_t v)
{
    if (opt == WEFT_SO_SNDBUF)
        u->sndbuf = (uint32_t)v;
    else if (opt == WEFT_SO_RCVBUF)
        u->rcvbuf = (uint32_t)v;
    else if (opt == WEFT_IP_TTL)
        u->ttl = (uint8_t)v;
    else if (opt == WEFT_IP_TOS)
        u->tos = (uint8_t)v;
    else if (opt == WEFT_TCP_NODELAY)
        u->is_nodelay = v != 0;
    else if (opt == WEFT_TCP_CORK)
        u->is_cork = v != 0;
    else if (opt == WEFT_TCP_MAXSEG)
        u->maxseg = (uint16_t)v;
    else if (opt == WEFT_TCP_QUICKACK)
        u->quickack = v != 0 ? TCP_QUICKACK_ON : TCP_QUICKACK_OFF;
    else if (opt == WEFT_TCP_DELACK_MS)
        u->delack_ms = (uint16_t)v;
    else if (opt == WEFT_TCP_RTO_MIN_MS)
        u->rto_min_ms = (uint16_t)v;
    else if (opt == WEFT_TCP_SYN_RETRIES)
        u->syn_retries = (uint8_t)v;
    else if (opt == WEFT_TCP_MSL_MS)
        u->msl_ms = (uint32_t)v;
    else if (opt == WEFT_TCP_TIMESTAMPS)
        u->may_ts = v != 0;
    else if (opt == WEFT_TCP_SACK)
        u->may_sack = v != 0;
    else if (opt == WEFT_TCP_WSCALE)
        u->may_wscale = v != 0;
    else if (opt == WEFT_TCP_INITIAL_WINDOW)
        u->iw_segs = (uint8_t)v;
    else if (opt == WEFT_TCP_ECN)
        u->ecn_ask = (uint8_t)v;
    else if (opt == WEFT_TCP_SYN_COOKIES)
        u->syn_cookies = (uint8_t)v;
    else if (opt == WEFT_TCP_FASTOPEN)
        u->fastopen = (uint16_t)v;
    else if (opt == WEFT_TCP_FASTOPEN_CONNECT)
        u->is_fastopen = v != 0;
    else if (opt == WEFT_TCP_PACING)
        u->is_paced = v != 0;
    else if (opt == WEFT_TCP_MAX_PACING_RATE)
        u->max_pacing_Bps = (uint64_t)v;
    else if (opt == WEFT_TCP_RECOVERY)
        u->recovery = (unsigned)v & 3u;
    else
        wf_sock_set_life(u, opt, v);
}

int weft_sock_set(struct weft_stack *st, uint64_t sock, enum weft_sock_opt opt, int64_t value)
{
    struct net *net = wf_net_of(st);
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if ((unsigned)opt >= WEFT_SOCK_OPT_COUNT)
        return -WEFT_EOPNOTSUPP;
    const struct opt_range *r = &ranges[opt];
    if (s->type == WEFT_SOCK_TCP ? !r->is_tcp : !r->is_dgram)
        return -WEFT_EOPNOTSUPP;
    if (value < r->min || value > r->max)
        return -WEFT_EINVAL;
    if (opt == WEFT_IP_MULTICAST_IF && value != 0 && wf_netif_get(net, (uint16_t)value) == NULL)
        return -WEFT_EINVAL;
    if ((r->until != ALWAYS && s->conn != NULL) || (r->until == UNTIL_OPEN && s->listener != NULL))
        return -WEFT_EISCONN;
    if (opt == WEFT_SO_USER) {
        s->user_value = (uint64_t)value;
        return 0;
    }
    if (s->ep != NULL) {
        set_dgram(s->ep, opt, value);
        return 0;
    }
    if (opt == WEFT_SO_REUSEADDR)
        s->is_reuse = value != 0;
    set_tcp(&s->tcp, opt, value);
    if (s->conn != NULL)
        return wf_tcp_apply_user(net, s->conn, &s->tcp);
    if (s->listener != NULL)
        s->listener->user = s->tcp;
    return 0;
}

static int64_t get_tcp(const struct tcp_user *u, enum weft_sock_opt opt)
{
    if (opt == WEFT_SO_SNDBUF)
        return u->sndbuf;
    if (opt == WEFT_SO_RCVBUF)
        return u->rcvbuf;
    if (opt == WEFT_IP_TTL)
        return u->ttl;
    if (opt == WEFT_IP_TOS)
        return u->tos;
    if (opt == WEFT_TCP_NODELAY)
        return u->is_nodelay;
    if (opt == WEFT_TCP_CORK)
        return u->is_cork;
    if (opt == WEFT_TCP_MAXSEG)
        return u->maxseg;
    if (opt == WEFT_TCP_QUICKACK)
        return u->quickack == TCP_QUICKACK_ON;
    if (opt == WEFT_TCP_DELACK_MS)
        return u->delack_ms;
    if (opt == WEFT_TCP_RTO_MIN_MS)
        return u->rto_min_ms;
    if (opt == WEFT_TCP_SYN_RETRIES)
        return u->syn_retries;
    if (opt == WEFT_TCP_MSL_MS)
        return u->msl_ms;
    if (opt == WEFT_TCP_TIMESTAMPS)
        return u->may_ts;
    if (opt == WEFT_TCP_SACK)
        return u->may_sack;
    if (opt == WEFT_TCP_WSCALE)
        return u->may_wscale;
    if (opt == WEFT_TCP_ECN)
        return u->ecn_ask;
    if (opt == WEFT_TCP_SYN_COOKIES)
        return u->syn_cookies;
    if (opt == WEFT_TCP_FASTOPEN)
        return u->fastopen;
    if (opt == WEFT_TCP_FASTOPEN_CONNECT)
        return u->is_fastopen;
    if (opt == WEFT_TCP_INITIAL_WINDOW)
        return u->iw_segs;
    if (opt == WEFT_TCP_PACING)
        return u->is_paced;
    if (opt == WEFT_TCP_MAX_PACING_RATE)
        return (int64_t)u->max_pacing_Bps;
    if (opt == WEFT_TCP_RECOVERY)
        return u->recovery;
    return wf_sock_get_life(u, opt);
}

static int64_t get_dgram(const struct net *net, const struct udp_ep *ep, enum weft_sock_opt opt)
{
    if (opt == WEFT_SO_RCVBUF)
        return ep->rcvbuf;
    if (opt == WEFT_SO_REUSEADDR)
        return ep->is_reuse;
    if (opt == WEFT_IP_TTL)
        return ep->ttl;
    if (opt == WEFT_IP_TOS)
        return ep->tos;
    if (opt == WEFT_ICMP_TYPES)
        return (int64_t)ep->icmp_types;
    return wf_udp_get(net, ep, opt);
}

/* The pending error, cleared by reading it. */
static int take_error(struct sock *s)
{
    int err = 0;
    if (s->ep != NULL) {
        err = s->ep->err;
        s->ep->err = 0;
    } else if (s->conn != NULL) {
        err = s->conn->err;
        s->conn->err = 0;
    }
    return err;
}

int weft_sock_get(struct weft_stack *st, uint64_t sock, enum weft_sock_opt opt, int64_t *value)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if ((unsigned)opt >= WEFT_SOCK_OPT_COUNT || value == NULL)
        return -WEFT_EOPNOTSUPP;
    if (opt == WEFT_SO_ERROR) {
        *value = take_error(s);
        return 0;
    }
    if (opt == WEFT_SO_TYPE) {
        *value = s->type;
        return 0;
    }
    const struct opt_range *r = &ranges[opt];
    if (s->type == WEFT_SOCK_TCP ? !r->is_tcp : !r->is_dgram)
        return -WEFT_EOPNOTSUPP;
    if (opt == WEFT_SO_USER)
        *value = (int64_t)s->user_value;
    else if (s->ep != NULL)
        *value = get_dgram(wf_net_of(st), s->ep, opt);
    else if (opt == WEFT_SO_REUSEADDR)
        *value = s->is_reuse;
    else
        *value = get_tcp(&s->tcp, opt);
    return 0;
}

int weft_sock_set_cc(struct weft_stack *st, uint64_t sock, const struct weft_cc_ops *ops)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->type != WEFT_SOCK_TCP)
        return -WEFT_EOPNOTSUPP;
    if (ops == NULL || ops->abi != WEFT_CC_ABI || ops->state_bytes > WEFT_CC_BIG_BYTES)
        return -WEFT_EINVAL;
    struct tcp_user user = s->tcp;
    wf_tcp_user_set_cc(&user, ops);
    int r = s->conn != NULL ? wf_tcp_apply_user(wf_net_of(st), s->conn, &user) : 0;
    if (r != 0)
        return r;
    s->tcp = user;
    if (s->listener != NULL)
        s->listener->user = s->tcp;
    return 0;
}

int weft_sock_set_cc_param(struct weft_stack *st, uint64_t sock, int param, uint32_t value)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->type != WEFT_SOCK_TCP)
        return -WEFT_EOPNOTSUPP;
    int r = wf_tcp_set_cc_param(&s->tcp, s->conn, param, value);
    if (r == 0 && s->listener != NULL)
        s->listener->user = s->tcp;
    return r;
}
