/* SPDX-License-Identifier: MIT */
/** DOC: udp endpoints - open, bind, connect, receive queue, error queue */
#include "udp/udp.h"

#include <string.h>

#include "udp/demux.h"

#define EPHEMERAL_FIRST 32768u
#define EPHEMERAL_COUNT 28232u /* Up to 60999, as the common kernels have it. */
#define EPHEMERAL_TRIES 16384u

struct udp_ep *wf_udp_open(struct net *net, uint8_t proto, struct wf_ready *ready)
{
    struct udp_ep *ep = wf_slab_alloc(&net->udp->eps);
    if (ep == NULL)
        return NULL;
    ep->proto = proto;
    ep->ready = ready;
    ep->ttl = net->ip->sw.ttl;
    ep->df = WEFT_IP_DF_FITS;
    ep->mc_ttl = 1; /* RFC 1112 6.1. */
    ep->is_mc_loop = true;
    ep->recv_cov = -1;
    ep->rcvbuf = net->cfg->rcvbuf_bytes;
    ep->icmp_types = ~0ull;
    return ep;
}

static struct pkt *recv_pop(struct udp_ep *ep)
{
    struct pkt *p = ep->recv_head;
    ep->recv_head = p->next;
    if (ep->recv_head == NULL)
        ep->recv_tail = NULL;
    ep->recv_n--;
    ep->recv_bytes -= p->total;
    ep->recv_charge -= p->pinned;
    p->next = NULL;
    return p;
}

static void err_pop(struct net *net, struct udp_ep *ep)
{
    struct udp_err *e = ep->err_head;
    ep->err_head = e->next;
    if (ep->err_head == NULL)
        ep->err_tail = NULL;
    ep->err_n--;
    wf_slab_free(&net->udp->errs, e);
}

void wf_udp_close(struct net *net, struct udp_ep *ep)
{
    while (ep->recv_head != NULL)
        wf_net_drop(net, recv_pop(ep), WEFT_DROP_SOCK_CLOSED);
    while (ep->err_head != NULL)
        err_pop(net, ep);
    wf_igmp_leave_all(net, &ep->members);
    wf_list_remove(&ep->room_link);
    if (ep->is_bound)
        wf_udp_unlink(net, ep);
    wf_slab_free(&net->udp->eps, ep);
}

static bool is_taken(const struct net *net, const struct udp_ep *ep, const struct weft_endpoint *l)
{
    for (struct udp_ep *o = *wf_udp_bucket(net, ep->proto, l->port); o != NULL; o = o->hash_next) {
        if (o == ep || o->proto != ep->proto || o->local.port != l->port)
            continue;
        bool is_same = wf_addr_is_any(&o->local.addr) || wf_addr_is_any(&l->addr) ||
                       wf_addr_eq(&o->local.addr, &l->addr);
        if (is_same && !(o->is_reuse && ep->is_reuse))
            return true;
    }
    return false;
}

/* RFC 6056 algorithm 1: a random start, then the next free one. */
static bool pick_port(struct net *net, const struct udp_ep *ep, struct weft_endpoint *l)
{
    uint32_t start = wf_rng_below(&net->rng, EPHEMERAL_COUNT);
    for (uint32_t i = 0; i < EPHEMERAL_TRIES; i++) {
        l->port = (uint16_t)(EPHEMERAL_FIRST + (start + i) % EPHEMERAL_COUNT);
        if (!is_taken(net, ep, l))
            return true;
    }
    return false;
}

static int bind_to(struct net *net, struct udp_ep *ep, const struct weft_endpoint *local)
{
    struct weft_endpoint l = *local;
    if (ep->is_bound)
        return -WEFT_EINVAL;
    if (!wf_addr_is_any(&l.addr)) {
        if (!wf_addr_is4(&l.addr))
            return -WEFT_EADDRNOTAVAIL;
        enum ip4_kind kind = wf_addrs_kind(net, wf_addr_to4(&l.addr), 0);
        if (kind != IP4_LOCAL && kind != IP4_BROADCAST && kind != IP4_MULTICAST &&
            !wf_netifs_have_any_address(net))
            return -WEFT_EADDRNOTAVAIL;
    }
    if (ep->is_raw)
        l.port = 0;
    else if (l.port == 0 && !pick_port(net, ep, &l))
        return -WEFT_EADDRNOTAVAIL;
    if (!ep->is_raw && is_taken(net, ep, &l))
        return -WEFT_EADDRINUSE;
    ep->local = l;
    ep->is_bound = true;
    wf_udp_link(net, ep);
    return 0;
}

int wf_udp_bind(struct net *net, struct udp_ep *ep, const struct weft_endpoint *local)
{
    int err = bind_to(net, ep, local);
    if (err == 0) {
        ep->has_own_addr = !wf_addr_is_any(&local->addr);
        ep->has_own_port = local->port != 0;
    }
    return err;
}

int wf_udp_autobind(struct net *net, struct udp_ep *ep, const struct weft_addr *addr)
{
    struct weft_endpoint l = {.addr = *addr};
    return bind_to(net, ep, &l);
}

/* What connecting chose goes with the connection, as the common kernels have it. */
static void dissolve(struct net *net, struct udp_ep *ep)
{
    ep->remote = (struct weft_endpoint){0};
    if (!ep->is_connected)
        return;
    ep->is_connected = false;
    if (!ep->has_own_addr)
        ep->local.addr = (struct weft_addr){0};
    if (!ep->has_own_port) {
        wf_udp_unlink(net, ep);
        ep->is_bound = false;
        ep->local.port = 0;
    }
}

int wf_udp_connect(struct net *net, struct udp_ep *ep, const struct weft_endpoint *remote)
{
    if (wf_addr_is_any(&remote->addr)) {
        dissolve(net, ep);
        return 0;
    }
    if (!wf_addr_is4(&remote->addr) || (remote->port == 0 && ep->proto != IP_PROTO_ICMP))
        return -WEFT_EINVAL;
    uint32_t dst4 = wf_addr_to4(&remote->addr), src4 = 0;
    uint16_t ifindex = 0;
    if (!ep->is_broadcast && wf_addrs_kind(net, dst4, 0) == IP4_BROADCAST)
        return -WEFT_EACCES;
    if (!wf_udp_way(net, ep, dst4, &src4, &ifindex))
        return -WEFT_ENETUNREACH;
    struct weft_endpoint l = {.addr = wf_addr_from4(src4), .port = ep->local.port};
    const struct weft_addr *own = ep->has_own_addr ? &ep->local.addr : &l.addr;
    int err = ep->is_bound ? 0 : wf_udp_autobind(net, ep, own);
    if (err != 0)
        return err;
    if (!ep->has_own_addr) { /* Another peer may be reached by another interface. */
        if (l.port != 0 && is_taken(net, ep, &l))
            return -WEFT_EADDRINUSE;
        ep->local.addr = l.addr;
    }
    ep->remote = *remote;
    ep->is_connected = true;
    return 0;
}

static int take_error(struct udp_ep *ep)
{
    int err = ep->err;
    ep->err = 0;
    return -err;
}

int64_t wf_udp_recv(struct net *net, struct udp_ep *ep, uint8_t *buf, size_t cap,
                    struct weft_udp_rx *rx)
{
    if (ep->err != 0)
        return take_error(ep);
    if (ep->recv_head == NULL)
        return -WEFT_EAGAIN;
    struct pkt *p = recv_pop(ep);
    struct udp_dgram d;
    memcpy(&d, p->dgram, sizeof(d));
    uint32_t n = p->total < cap ? p->total : (uint32_t)cap;
    wf_pkt_copy_out(&net->pool, p, 0, buf, n);
    if (rx != NULL) {
        *rx = (struct weft_udp_rx){.info = {.from = d.from,
                                            .to = d.to,
                                            .ifindex = d.ifindex,
                                            .ttl = d.ttl,
                                            .tos = d.tos,
                                            .full_bytes = p->total},
                                   .is_group = d.is_group,
                                   .opts_bytes = d.opts_bytes};
        memcpy(rx->opts, d.opts, d.opts_bytes);
    }
    wf_net_done(net, p);
    return n;
}

int wf_udp_recv_error(struct net *net, struct udp_ep *ep, struct weft_sock_err *out)
{
    if (ep->err_head == NULL)
        return -WEFT_EAGAIN;
    *out = ep->err_head->e;
    err_pop(net, ep);
    return 0;
}

uint32_t wf_udp_ready(const struct udp_ep *ep)
{
    uint32_t bits = 0;
    if (ep->recv_head != NULL)
        bits |= WEFT_READABLE;
    if (!wf_list_is_linked(&ep->room_link))
        bits |= WEFT_WRITABLE;
    if (ep->err != 0 || ep->err_head != NULL)
        bits |= WEFT_ERROR | WEFT_READABLE;
    return bits;
}

void wf_udp_room(struct net *net, struct netif *nif)
{
    for (struct wf_list *l = wf_list_pop_front(&nif->room_waiters); l != NULL;
         l = wf_list_pop_front(&nif->room_waiters))
        wf_ready_mark(net, WF_CONTAINER_OF(l, struct udp_ep, room_link)->ready);
}
