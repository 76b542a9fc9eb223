/* SPDX-License-Identifier: MIT */
/** DOC: sock - open, bind, connect, listen, accept, bytes, the end */
#include "sock/sock.h"

/* What the datagram sockets speak. */
static const uint8_t proto_of[] = {[WEFT_SOCK_UDP] = IP_PROTO_UDP,
                                   [WEFT_SOCK_PING] = IP_PROTO_ICMP,
                                   [WEFT_SOCK_UDPLITE] = IP_PROTO_UDPLITE,
                                   [WEFT_SOCK_ICMP] = IP_PROTO_ICMP};

int weft_sock_open(struct weft_stack *st, enum weft_sock_type type, uint64_t *out)
{
    struct net *net = wf_net_of(st);
    if (out == NULL || type < WEFT_SOCK_TCP || type > WEFT_SOCK_ICMP)
        return -WEFT_EINVAL;
    struct sock *s = wf_slab_alloc(&net->socks->socks);
    if (s == NULL)
        return -WEFT_ENOMEM;
    s->type = (uint8_t)type;
    wf_tcp_user_default(net, &s->tcp);
    if (type != WEFT_SOCK_TCP) {
        s->ep = wf_udp_open(net, proto_of[type], &s->ready);
        if (s->ep == NULL) {
            wf_slab_free(&net->socks->socks, s);
            return -WEFT_ENOMEM;
        }
        s->ep->is_raw = type == WEFT_SOCK_ICMP;
    }
    *out = wf_slab_handle(&net->socks->socks, s);
    return 0;
}

static int check_local(const struct net *net, const struct weft_endpoint *l)
{
    if (wf_addr_is_any(&l->addr))
        return 0;
    bool is_ours =
        wf_addr_is4(&l->addr) && wf_addrs_kind(net, wf_addr_to4(&l->addr), 0) == IP4_LOCAL;
    return is_ours || wf_netifs_have_any_address(net) ? 0 : -WEFT_EADDRNOTAVAIL;
}

int weft_sock_bind(struct weft_stack *st, uint64_t sock, const struct weft_endpoint *local)
{
    struct net *net = wf_net_of(st);
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (local == NULL)
        return -WEFT_EINVAL;
    if (s->ep != NULL)
        return wf_udp_bind(net, s->ep, local);
    if (s->is_bound || s->conn != NULL || s->listener != NULL)
        return -WEFT_EINVAL;
    int err = check_local(net, local);
    if (err != 0)
        return err;
    struct weft_endpoint l = *local;
    if (l.port == 0)
        l.port = wf_tcp_pick_port(net, &l.addr, NULL);
    if (l.port == 0)
        return -WEFT_EADDRNOTAVAIL;
    if (!wf_tcp_port_is_free(net, &l, s->is_reuse))
        return -WEFT_EADDRINUSE;
    const struct wf_slab *all = &net->socks->socks;
    for (const struct sock *o = wf_slab_next_live(all, 0); o != NULL && !s->is_reuse;
         o = wf_slab_next_live(all, wf_slab_index(all, o) + 1))
        if (o->type == WEFT_SOCK_TCP && o->is_bound && o->local.port == l.port &&
            (wf_addr_is_any(&o->local.addr) || wf_addr_is_any(&l.addr) ||
             wf_addr_eq(&o->local.addr, &l.addr)))
            return -WEFT_EADDRINUSE;
    s->local = l;
    s->is_bound = true;
    return 0;
}

int weft_sock_listen(struct weft_stack *st, uint64_t sock, uint32_t backlog)
{
    struct net *net = wf_net_of(st);
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->type != WEFT_SOCK_TCP)
        return -WEFT_EOPNOTSUPP;
    if (s->conn != NULL)
        return -WEFT_EISCONN;
    if (backlog < 1 || backlog > 65535 || !s->is_bound)
        return -WEFT_EINVAL;
    if (s->listener != NULL) {
        s->listener->backlog = backlog;
        return 0;
    }
    if (!wf_tcp_port_is_free(net, &s->local, true))
        return -WEFT_EADDRINUSE;
    return wf_tcp_listen(net, &s->tcp, &s->local, backlog, &s->ready, &s->listener);
}

int weft_sock_accept(struct weft_stack *st, uint64_t sock, uint64_t *out,
                     struct weft_endpoint *peer)
{
    struct net *net = wf_net_of(st);
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->listener == NULL || out == NULL)
        return -WEFT_EINVAL;
    if (s->listener->accept_head == NULL)
        return -WEFT_EAGAIN;
    struct sock *n = wf_slab_alloc(&net->socks->socks);
    if (n == NULL) {
        net->socks->wants_memory = true;
        return -WEFT_ENOMEM;
    }
    n->type = WEFT_SOCK_TCP;
    n->conn = wf_tcp_accept(net, s->listener, &n->ready);
    n->tcp = n->conn->user;
    n->local = n->conn->key.local;
    if (peer != NULL)
        *peer = n->conn->key.remote;
    *out = wf_slab_handle(&net->socks->socks, n);
    return 0;
}

int weft_sock_connect(struct weft_stack *st, uint64_t sock, const struct weft_endpoint *remote)
{
    struct net *net = wf_net_of(st);
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (remote == NULL || s->listener != NULL)
        return -WEFT_EINVAL;
    if (s->ep != NULL)
        return wf_udp_connect(net, s->ep, remote);
    if (s->conn != NULL)
        return s->conn->state == WEFT_TCP_SYN_SENT || s->conn->state == WEFT_TCP_SYN_RECEIVED
                   ? -WEFT_EALREADY
                   : -WEFT_EISCONN;
    return wf_tcp_connect(net, &s->tcp, &s->local, remote, &s->ready, &s->conn);
}

static uint32_t ready_bits(const struct sock *s)
{
    if (s->ep != NULL)
        return wf_udp_ready(s->ep);
    if (s->listener != NULL)
        return s->listener->accept_n > 0 ? WEFT_READABLE : 0;
    return s->conn != NULL ? wf_tcp_ready(s->conn) : 0;
}

int64_t weft_sock_send(struct weft_stack *st, uint64_t sock, const void *buf, size_t len)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (buf == NULL && len > 0)
        return -WEFT_EINVAL;
    if (s->ep != NULL) {
        struct weft_udp_tx tx = WEFT_UDP_TX_INIT;
        return wf_udp_send(wf_net_of(st), s->ep, buf, len, &tx);
    }
    if (s->conn == NULL)
        return -WEFT_ENOTCONN;
    int64_t n = wf_tcp_send(wf_net_of(st), s->conn, buf, len);
    if (n == -WEFT_EAGAIN && (ready_bits(s) & WEFT_WRITABLE) != 0)
        wf_net_of(st)->socks->wants_memory = true; /* The buffer has room, the pool has not. */
    return n;
}

int64_t weft_sock_sendto(struct weft_stack *st, uint64_t sock, const void *buf, size_t len,
                         const struct weft_endpoint *to)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (buf == NULL && len > 0)
        return -WEFT_EINVAL;
    if (s->ep == NULL)
        return to == NULL ? weft_sock_send(st, sock, buf, len) : -WEFT_EISCONN;
    struct weft_udp_tx tx = WEFT_UDP_TX_INIT;
    tx.to = to;
    return wf_udp_send(wf_net_of(st), s->ep, buf, len, &tx);
}

int64_t weft_sock_recv(struct weft_stack *st, uint64_t sock, void *buf, size_t cap)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (buf == NULL && cap > 0)
        return -WEFT_EINVAL;
    if (s->ep != NULL)
        return wf_udp_recv(wf_net_of(st), s->ep, buf, cap, NULL);
    return s->conn != NULL ? wf_tcp_recv(wf_net_of(st), s->conn, buf, cap) : -WEFT_ENOTCONN;
}

int64_t weft_sock_recvfrom(struct weft_stack *st, uint64_t sock, void *buf, size_t cap,
                           struct weft_msg_info *info)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (buf == NULL && cap > 0)
        return -WEFT_EINVAL;
    if (s->ep == NULL)
        return -WEFT_EOPNOTSUPP;
    struct weft_udp_rx rx;
    int64_t n = wf_udp_recv(wf_net_of(st), s->ep, buf, cap, &rx);
    if (n >= 0 && info != NULL)
        *info = rx.info;
    return n;
}

int weft_sock_recv_lend(struct weft_stack *st, uint64_t sock, struct weft_iov *iov, int iov_n)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->type != WEFT_SOCK_TCP)
        return -WEFT_EOPNOTSUPP;
    if (iov == NULL || iov_n < 1)
        return -WEFT_EINVAL;
    return s->conn != NULL ? wf_tcp_recv_lend(wf_net_of(st), s->conn, iov, iov_n) : -WEFT_ENOTCONN;
}

int weft_sock_recv_return(struct weft_stack *st, uint64_t sock, size_t bytes)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    return s->conn != NULL ? wf_tcp_recv_return(wf_net_of(st), s->conn, bytes) : -WEFT_EINVAL;
}

int weft_sock_recv_error(struct weft_stack *st, uint64_t sock, struct weft_sock_err *out)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    return s->ep != NULL && out != NULL ? wf_udp_recv_error(wf_net_of(st), s->ep, out)
                                        : -WEFT_EAGAIN;
}

int weft_sock_shutdown(struct weft_stack *st, uint64_t sock, bool is_read, bool is_write)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (!is_read && !is_write)
        return -WEFT_EINVAL;
    return s->conn != NULL ? wf_tcp_shutdown(wf_net_of(st), s->conn, is_read, is_write)
                           : -WEFT_ENOTCONN;
}

static int end(struct weft_stack *st, uint64_t sock, bool is_abort)
{
    struct net *net = wf_net_of(st);
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->listener != NULL)
        wf_tcp_listener_close(net, s->listener);
    if (s->conn != NULL && is_abort)
        wf_tcp_abort(net, s->conn);
    else if (s->conn != NULL)
        wf_tcp_close(net, s->conn);
    if (s->ep != NULL)
        wf_udp_close(net, s->ep);
    wf_list_remove(&s->ready.link);
    wf_slab_free(&net->socks->socks, s);
    return 0;
}

int weft_sock_close(struct weft_stack *st, uint64_t sock)
{
    return end(st, sock, false);
}

int weft_sock_abort(struct weft_stack *st, uint64_t sock)
{
    return end(st, sock, true);
}

uint32_t weft_sock_ready(const struct weft_stack *st, uint64_t sock)
{
    const struct sock *s = wf_sock_get(st, sock);
    return s != NULL ? ready_bits(s) : 0;
}

int64_t weft_sock_connect_send(struct weft_stack *st, uint64_t sock,
                               const struct weft_endpoint *remote, const void *buf, size_t len)
{
    struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->type != WEFT_SOCK_TCP)
        return -WEFT_EOPNOTSUPP;
    if (buf == NULL && len > 0)
        return -WEFT_EINVAL;
    bool before = s->tcp.is_fastopen;
    s->tcp.is_fastopen = true;
    int err = weft_sock_connect(st, sock, remote);
    if (err != 0) {
        s->tcp.is_fastopen = before;
        return err;
    }
    int64_t n = weft_sock_send(st, sock, buf, len);
    return n == -WEFT_EAGAIN ? 0 : n;
}

/* A call was refused for want of memory, and there is some again: name everybody once. */
static void memory_is_back(struct net *net)
{
    struct wf_socks *t = net->socks;
    const struct wf_slab *chunks = &net->pool.bufs.chunks;
    if (!t->wants_memory || chunks->in_use == chunks->max || t->socks.in_use == t->socks.max)
        return;
    t->wants_memory = false;
    for (struct sock *s = wf_slab_next_live(&t->socks, 0); s != NULL;
         s = wf_slab_next_live(&t->socks, wf_slab_index(&t->socks, s) + 1))
        wf_ready_mark(net, &s->ready);
}

uint32_t weft_events(struct weft_stack *st, struct weft_event *ev, uint32_t n)
{
    struct net *net = wf_net_of(st);
    uint32_t i = 0;
    memory_is_back(net);
    while (i < n) {
        struct wf_list *l = wf_list_pop_front(&net->ready);
        if (l == NULL)
            break;
        struct sock *s = WF_CONTAINER_OF(l, struct sock, ready.link);
        ev[i++] = (struct weft_event){.sock = wf_slab_handle(&net->socks->socks, s),
                                      .user = s->user_value,
                                      .bits = ready_bits(s)};
    }
    return i;
}
