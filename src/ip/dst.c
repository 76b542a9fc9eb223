/* SPDX-License-Identifier: MIT */
#include "ip/dst.h"

#include "ip/ip.h"
#include "link/link.h"

#define LOOPBACK_INDEX 1

bool wf_dst_route(struct net *net, struct wf_dst *d, uint32_t dst4)
{
    uint32_t gen = net->routes.gen + net->addrs.gen + 1;
    if (WF_LIKELY(d->gen == gen && d->ifindex != 0))
        return true;
    *d = (struct wf_dst){.gen = gen};
    if (wf_addrs_kind(net, dst4, 0) == IP4_LOCAL) {
        d->ifindex = LOOPBACK_INDEX;
        d->next_hop4 = dst4;
        return true;
    }
    const struct wf_route4 *r = wf_routes_lookup4(net, dst4);
    if (r == NULL)
        return false;
    d->ifindex = r->ifindex;
    d->next_hop4 = wf_ip4_next_hop(net, r, r->ifindex, 0, dst4);
    return true;
}

enum dst_state wf_dst_prepare(struct net *net, struct wf_dst *d, uint32_t dst4, struct wf_sender *s)
{
    if (!wf_dst_route(net, d, dst4))
        return DST_NO_ROUTE;
    struct netif *nif = wf_netif_get(net, d->ifindex);
    if (!nif->is_up)
        return DST_NO_ROUTE;
    if (nif->kind != WEFT_IF_ETHER)
        return DST_READY;
    struct neigh *n = wf_slab_get(&net->link->neighs, d->neigh);
    if (WF_UNLIKELY(n == NULL || n->state != WEFT_NEIGH_REACHABLE)) {
        n = wf_neigh_use(net, nif, d->next_hop4);
        if (n == NULL)
            return DST_NO_ROOM;
        n->is_gateway = n->is_gateway || d->next_hop4 != dst4;
        d->neigh = wf_slab_handle(&net->link->neighs, n);
    }
    if (wf_neigh_is_usable(n))
        return DST_READY;
    if (n->state == WEFT_NEIGH_FAILED) {
        wf_redirect_hop_failed(net, d->ifindex, d->next_hop4);
        return DST_FAILED;
    }
    wf_list_remove(&s->link);
    wf_list_push_back(&n->waiters, &s->link);
    return DST_WAIT;
}

void wf_dst_push_link(struct net *net, const struct wf_dst *d, struct pkt *p)
{
    struct netif *nif = wf_netif_get(net, d->ifindex);
    p->ifindex = d->ifindex;
    if (nif->kind != WEFT_IF_ETHER)
        return;
    const struct neigh *n = wf_slab_get(&net->link->neighs, d->neigh);
    WF_ASSERT(n != NULL);
    wf_eth_push(p, nif, n->mac, ETHERTYPE_IP4);
}

void wf_dst_confirm(struct net *net, const struct wf_dst *d)
{
    struct neigh *n = wf_slab_get(&net->link->neighs, d->neigh);
    if (n != NULL)
        wf_neigh_confirm(net, n);
}

void wf_dst_doubt(struct net *net, uint32_t dst4)
{
    struct wf_dst d = {0};
    if (!wf_dst_route(net, &d, dst4))
        return;
    struct neigh *n = wf_neigh_find(net, d.ifindex, d.next_hop4);
    if (n != NULL)
        wf_neigh_doubt(net, n);
}
