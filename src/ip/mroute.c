/* SPDX-License-Identifier: MIT */
#include "ip/ip.h"

#include "link/link.h"

static struct wf_mroute *find(const struct net *net, uint32_t src4, uint32_t group)
{
    const struct wf_slab *all = &net->ip->igmp.routes;
    for (struct wf_mroute *r = wf_slab_next_live(all, 0); r != NULL;
         r = wf_slab_next_live(all, wf_slab_index(all, r) + 1))
        if (r->group == group && r->src4 == src4)
            return r;
    return NULL;
}

/* Whether the source lies behind the interface; upstream lies all that is not known elsewhere. */
static bool is_way_back(const struct net *net, const struct rx_meta *m)
{
    const struct wf_route4 *r = wf_routes_lookup4(net, m->src4);
    if (r == NULL)
        return net->ip->igmp.upstream == m->ifindex;
    return r->ifindex == m->ifindex;
}

static bool is_branch(const struct wf_mroute *r, uint16_t ifindex)
{
    bool is = false;
    for (uint32_t i = 0; r != NULL && i < r->outs_n && !is; i++)
        is = r->outs[i] == ifindex;
    return is;
}

/* Whether a copy goes out there. */
static bool goes_to(const struct net *net, uint16_t ifindex, const struct wf_mroute *r,
                    const struct rx_meta *m)
{
    const struct igmp_if *i = wf_igmp_if(net, ifindex);
    uint16_t up = net->ip->igmp.upstream;
    if (!i->is_forwarding || ifindex == m->ifindex)
        return false;
    if (is_branch(r, ifindex) || ifindex == up)
        return true;
    return i->is_router && (up == 0 || i->is_querier) &&
           wf_igmp_wants(net, ifindex, m->dst4, m->src4);
}

static bool send_copy(struct net *net, struct netif *nif, const struct pkt *p,
                      const struct rx_meta *m)
{
    bool is_partial = p->csum == PKT_CSUM_PARTIAL;
    uint32_t own = m->ip_hdr_bytes + (is_partial ? p->csum_offset + 2u : 0);
    bool is_large = p->total > nif->mtu;
    if (own > p->total || (is_large && (p->data[6] & 0x40) != 0)) {
        wf_count(net, WEFT_COUNT_MROUTE_TOO_BIG);
        return false;
    }
    struct pkt *c = wf_pkt_alloc(&net->pool);
    if (c == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return false;
    }
    wf_pkt_copy_out(&net->pool, p, 0, c->data, own);
    c->len = c->total = own;
    if (!wf_pkt_share(c, p, own, p->total - own)) {
        wf_net_drop(net, c, WEFT_DROP_NO_PKT);
        return false;
    }
    if (is_partial) {
        c->csum = PKT_CSUM_PARTIAL;
        c->csum_offset = p->csum_offset;
        c->csum_at = c->data + m->ip_hdr_bytes;
    }
    wf_ip4_count_hop(c->data, c->data);
    c->from_ifindex = m->ifindex;
    wf_count(net, WEFT_COUNT_MROUTE_FORWARDED);
    if (is_large)
        (void)wf_ip4_fragment_output(net, nif, c, nif->mtu, m->dst4);
    else
        wf_link_output(net, nif, c, m->dst4);
    return true;
}

bool wf_mroute_input(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    bool is_local = m->dst4 >> 8 == MC_ALL_HOSTS >> 8 || m->proto == IP_PROTO_IGMP;
    if (is_local || m->src4 == 0 || !wf_igmp_if(net, m->ifindex)->is_forwarding || p->gso_segs > 1)
        return false;
    struct wf_mroute *r = find(net, m->src4, m->dst4);
    if (r == NULL)
        r = find(net, 0, m->dst4);
    if (r != NULL ? r->in != m->ifindex : !is_way_back(net, m)) {
        if (r != NULL)
            r->wrong_if++;
        wf_count(net, WEFT_COUNT_MROUTE_WRONG_IF);
        return false;
    }
    if (r != NULL) {
        r->pkts++;
        r->bytes += p->total;
    }
    bool is_forwarded = false;
    for (uint32_t k = 1; k <= net->ifs.n; k++) {
        uint16_t ifindex = (uint16_t)k;
        if (!goes_to(net, ifindex, r, m))
            continue;
        if (m->ttl <= 1 || m->ttl <= wf_igmp_if(net, ifindex)->threshold)
            wf_count(net, WEFT_COUNT_MROUTE_TTL);
        else if (send_copy(net, wf_netif_get(net, ifindex), p, m))
            is_forwarded = true;
    }
    return is_forwarded;
}

/* ---- the user's calls ---- */

int weft_mroute_if(struct weft_stack *st, uint16_t ifindex, uint8_t threshold, bool is_on)
{
    struct net *net = wf_net_of(st);
    if (wf_netif_get(net, ifindex) == NULL)
        return -WEFT_ENOENT;
    struct igmp_if *own = wf_igmp_if(net, ifindex);
    own->is_forwarding = is_on;
    own->threshold = threshold;
    net->ip->igmp.has_mroute = false;
    for (uint32_t i = 1; i <= net->ifs.n; i++)
        if (wf_igmp_if(net, (uint16_t)i)->is_forwarding)
            net->ip->igmp.has_mroute = true;
    wf_igmp_refilter(net, ifindex);
    return 0;
}

int weft_mroute_upstream(struct weft_stack *st, uint16_t ifindex)
{
    struct net *net = wf_net_of(st);
    if (ifindex != 0 && wf_netif_get(net, ifindex) == NULL)
        return -WEFT_ENOENT;
    net->ip->igmp.upstream = ifindex;
    wf_igmp_proxy(net);
    return 0;
}

/* Addresses as numbers; false if they are of the wrong kind. */
static bool read_key(const struct weft_mroute *r, uint32_t *src4, uint32_t *group)
{
    if (r == NULL || !wf_addr_is4(&r->group) || !wf_ip4_is_multicast(wf_addr_to4(&r->group)))
        return false;
    *group = wf_addr_to4(&r->group);
    *src4 = 0;
    if (wf_addr_is_any(&r->source))
        return true;
    *src4 = wf_addr_to4(&r->source);
    return wf_addr_is4(&r->source) && wf_ip4_can_be_host(*src4);
}

int weft_mroute_add(struct weft_stack *st, const struct weft_mroute *route)
{
    struct net *net = wf_net_of(st);
    uint32_t src4, group;
    if (!read_key(route, &src4, &group) || group >> 8 == MC_ALL_HOSTS >> 8 ||
        route->outs_n > WEFT_MROUTE_OUTS_MAX || wf_netif_get(net, route->in_ifindex) == NULL)
        return -WEFT_EINVAL;
    for (uint32_t i = 0; i < route->outs_n; i++)
        if (wf_netif_get(net, route->outs[i]) == NULL || route->outs[i] == route->in_ifindex)
            return -WEFT_EINVAL;
    struct wf_mroute *r = find(net, src4, group);
    if (r == NULL)
        r = wf_slab_alloc(&net->ip->igmp.routes);
    if (r == NULL)
        return -WEFT_ENOMEM;
    r->src4 = src4;
    r->group = group;
    r->in = route->in_ifindex;
    r->outs_n = route->outs_n;
    for (uint32_t i = 0; i < route->outs_n; i++)
        r->outs[i] = route->outs[i];
    return 0;
}

int weft_mroute_del(struct weft_stack *st, const struct weft_mroute *route)
{
    struct net *net = wf_net_of(st);
    uint32_t src4, group;
    if (!read_key(route, &src4, &group))
        return -WEFT_EINVAL;
    struct wf_mroute *r = find(net, src4, group);
    if (r == NULL)
        return -WEFT_ENOENT;
    wf_slab_free(&net->ip->igmp.routes, r);
    return 0;
}

bool weft_mroute_next(const struct weft_stack *st, uint32_t *cursor, struct weft_mroute *out)
{
    const struct wf_slab *all = &wf_net_of_const(st)->ip->igmp.routes;
    const struct wf_mroute *r = wf_slab_next_live(all, *cursor);
    if (r == NULL)
        return false;
    *cursor = wf_slab_index(all, r) + 1;
    *out = (struct weft_mroute){.group = wf_addr_from4(r->group),
                                .in_ifindex = r->in,
                                .outs_n = r->outs_n,
                                .pkts = r->pkts,
                                .bytes = r->bytes,
                                .wrong_if = r->wrong_if};
    if (r->src4 != 0)
        out->source = wf_addr_from4(r->src4);
    for (uint32_t i = 0; i < r->outs_n; i++)
        out->outs[i] = r->outs[i];
    return true;
}
