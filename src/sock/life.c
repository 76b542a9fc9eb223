/* SPDX-License-Identifier: MIT */
/** DOC: sock life - the options of a connection's life, and urgent data */
#include "sock/sock.h"

void wf_sock_set_life(struct tcp_user *u, enum weft_sock_opt opt, int64_t v)
{
    if (opt == WEFT_SO_LINGER_MS)
        u->linger_ms = (int32_t)v;
    else if (opt == WEFT_SO_KEEPALIVE)
        u->is_keepalive = v != 0;
    else if (opt == WEFT_TCP_KEEPIDLE_S)
        u->keepidle_s = (uint16_t)v;
    else if (opt == WEFT_TCP_KEEPINTVL_S)
        u->keepintvl_s = (uint16_t)v;
    else if (opt == WEFT_TCP_KEEPCNT)
        u->keepcnt = (uint8_t)v;
    else if (opt == WEFT_TCP_PROBE_OCTET)
        u->is_probe_octet = v != 0;
    else if (opt == WEFT_TCP_USER_TIMEOUT_MS)
        u->user_timeout_ms = (uint32_t)v; /* -1 becomes TCP_TIMEOUT_NEVER. */
    else if (opt == WEFT_TCP_SOFT_ERRORS)
        u->is_soft_quiet = v == 0;
    else if (opt == WEFT_TCP_UTO)
        u->uto = (unsigned)v & 3u;
    else if (opt == WEFT_TCP_MTU_PROBING)
        u->mtu_probing = (uint8_t)v;
    else if (opt == WEFT_SO_OOBINLINE)
        u->is_oob_apart = v == 0;
    else if (opt == WEFT_TCP_STDURG)
        u->is_stdurg = v != 0;
    else if (opt == WEFT_TCP_PERSIST_FIXED)
        u->is_persist_fixed = v != 0;
}

int64_t wf_sock_get_life(const struct tcp_user *u, enum weft_sock_opt opt)
{
    if (opt == WEFT_SO_LINGER_MS)
        return u->linger_ms;
    if (opt == WEFT_SO_KEEPALIVE)
        return u->is_keepalive;
    if (opt == WEFT_TCP_KEEPIDLE_S)
        return u->keepidle_s;
    if (opt == WEFT_TCP_KEEPINTVL_S)
        return u->keepintvl_s;
    if (opt == WEFT_TCP_KEEPCNT)
        return u->keepcnt;
    if (opt == WEFT_TCP_PROBE_OCTET)
        return u->is_probe_octet;
    if (opt == WEFT_TCP_USER_TIMEOUT_MS)
        return u->user_timeout_ms == TCP_TIMEOUT_NEVER ? -1 : (int64_t)u->user_timeout_ms;
    if (opt == WEFT_SO_OOBINLINE)
        return !u->is_oob_apart;
    if (opt == WEFT_TCP_STDURG)
        return u->is_stdurg;
    if (opt == WEFT_TCP_SOFT_ERRORS)
        return !u->is_soft_quiet;
    if (opt == WEFT_TCP_UTO)
        return u->uto;
    if (opt == WEFT_TCP_MTU_PROBING)
        return u->mtu_probing;
    return u->is_persist_fixed;
}

/* ---- urgent data ---- */

/* The TCP connection of a socket, or why there is none. */
static int conn_of(struct sock *s, struct tcp_conn **out)
{
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->type != WEFT_SOCK_TCP)
        return -WEFT_EOPNOTSUPP;
    *out = s->conn;
    return s->conn != NULL ? 0 : -WEFT_ENOTCONN;
}

int64_t weft_sock_send_urgent(struct weft_stack *st, uint64_t sock, const void *buf, size_t len)
{
    struct tcp_conn *c = NULL;
    int err = conn_of(wf_sock_get(st, sock), &c);
    if (err != 0)
        return err;
    if (buf == NULL && len > 0)
        return -WEFT_EINVAL;
    int64_t n = wf_tcp_send_urgent(wf_net_of(st), c, buf, len);
    if (n == -WEFT_EAGAIN && (wf_tcp_ready(c) & WEFT_WRITABLE) != 0)
        wf_net_of(st)->socks->wants_memory = true;
    return n;
}

int weft_sock_recv_urgent(struct weft_stack *st, uint64_t sock, uint8_t *octet)
{
    struct tcp_conn *c = NULL;
    int err = conn_of(wf_sock_get(st, sock), &c);
    if (err != 0)
        return err;
    return octet != NULL ? wf_tcp_recv_urgent(c, octet) : -WEFT_EINVAL;
}

int weft_sock_at_mark(const struct weft_stack *st, uint64_t sock)
{
    struct tcp_conn *c = NULL;
    int err = conn_of(wf_sock_get(st, sock), &c);
    return err != 0 ? err : wf_tcp_at_mark(c);
}
