/* SPDX-License-Identifier: MIT */
/** DOC: sock list - what there is: names, a connection in numbers, the listing of everything */
#include "sock/sock.h"

int weft_sock_names(const struct weft_stack *st, uint64_t sock, struct weft_endpoint *local,
                    struct weft_endpoint *remote)
{
    const struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    struct weft_endpoint l = s->local, r = {0};
    if (s->ep != NULL) {
        l = s->ep->local;
        r = s->ep->remote;
    } else if (s->conn != NULL) {
        l = s->conn->key.local;
        r = s->conn->key.remote;
    }
    if (local != NULL)
        *local = l;
    if (remote != NULL)
        *remote = r;
    return 0;
}

int weft_sock_tcp_info(const struct weft_stack *st, uint64_t sock, struct weft_tcp_info *out)
{
    const struct sock *s = wf_sock_get(st, sock);
    if (s == NULL)
        return -WEFT_EBADF;
    if (s->type != WEFT_SOCK_TCP || out == NULL)
        return -WEFT_EOPNOTSUPP;
    if (s->conn != NULL) {
        wf_tcp_info(wf_net_of_const(st), s->conn, out);
    } else {
        *out = (struct weft_tcp_info){.state =
                                          s->listener != NULL ? WEFT_TCP_LISTEN : WEFT_TCP_CLOSED};
    }
    return 0;
}

static void show_sock(const struct net *net, const struct sock *s, struct weft_sock_info *out)
{
    *out = (struct weft_sock_info){.sock = wf_slab_handle(&net->socks->socks, s),
                                   .type = (enum weft_sock_type)s->type,
                                   .local = s->local,
                                   .user = s->user_value};
    if (s->ep != NULL) {
        out->local = s->ep->local;
        out->remote = s->ep->remote;
        out->recvq = s->ep->recv_bytes;
    } else if (s->listener != NULL) {
        out->state = WEFT_TCP_LISTEN;
        out->recvq = s->listener->accept_n;
        out->sendq = s->listener->backlog;
        out->age_ns = net->now_ns - s->listener->since_ns;
    }
}

static void show_conn(const struct net *net, const struct tcp_conn *c, struct weft_sock_info *out)
{
    *out = (struct weft_sock_info){.type = WEFT_SOCK_TCP,
                                   .state = (enum weft_tcp_state)c->state,
                                   .local = c->key.local,
                                   .remote = c->key.remote,
                                   .recvq = c->recvq.bytes,
                                   .sendq = wf_sendq_bytes(&c->sendq),
                                   .age_ns = net->now_ns - c->acct.state_ns};
    if (c->ready != NULL) {
        const struct sock *s = WF_CONTAINER_OF(c->ready, struct sock, ready);
        out->sock = wf_slab_handle(&net->socks->socks, s);
        out->user = s->user_value;
    }
}

/* The cursor is a table in the upper half and an index in the lower one. */
bool weft_sock_next(const struct weft_stack *st, uint64_t *cursor, struct weft_sock_info *out)
{
    const struct net *net = wf_net_of_const(st);
    const struct wf_slab *tabs[] = {&net->socks->socks, &net->tcp->conns, &net->tcp->synrcvds,
                                    &net->tcp->timewaits};
    for (;;) {
        uint32_t tab = (uint32_t)(*cursor >> 32);
        if (tab >= WF_ARRAY_LEN(tabs))
            return false;
        const void *o = wf_slab_next_live(tabs[tab], (uint32_t)*cursor);
        if (o == NULL) {
            *cursor = (uint64_t)(tab + 1) << 32;
            continue;
        }
        *cursor = (uint64_t)tab << 32 | (wf_slab_index(tabs[tab], o) + 1);
        if (tab == 0) {
            const struct sock *s = o;
            if (s->conn != NULL) /* Shown as the connection it is. */
                continue;
            show_sock(net, s, out);
        } else if (tab == 1) {
            const struct tcp_conn *c = o;
            if (c->state == WEFT_TCP_CLOSED && wf_tcp_find_timewait(net, &c->key) != NULL)
                continue; /* Shown as the record that took over. */
            show_conn(net, c, out);
        } else if (tab == 2) {
            const struct tcp_synrcvd *r = o;
            *out = (struct weft_sock_info){.type = WEFT_SOCK_TCP,
                                           .state = WEFT_TCP_SYN_RECEIVED,
                                           .local = r->key.local,
                                           .remote = r->key.remote,
                                           .age_ns = net->now_ns - r->sent_ns};
        } else {
            const struct tcp_timewait *t = o;
            *out = (struct weft_sock_info){.type = WEFT_SOCK_TCP,
                                           .state = WEFT_TCP_TIME_WAIT,
                                           .local = t->key.local,
                                           .remote = t->key.remote,
                                           .age_ns = net->now_ns - t->since_ns};
        }
        return true;
    }
}
