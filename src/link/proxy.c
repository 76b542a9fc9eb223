/* SPDX-License-Identifier: MIT */
/**
 * DOC: proxy - answering for hosts behind a router (RFC 1027); off unless a prefix is given
 *
 * The default route does not count, nor a route out of the interface the request came by, and no
 * broadcast address is answered for. Probes (without a sender's address) are not: they come from
 * who looks for an address, and would never find one.
 */
#include <string.h>

#include "link/link.h"

/* Of one network by class, as RFC 1027 2.4 means it. */
static bool is_one_network(uint32_t a, uint32_t b)
{
    return ((a ^ b) & wf_ip4_mask(wf_ip4_class_len(a))) == 0;
}

static const struct arp_proxy *find(const struct net *net, uint16_t ifindex, uint32_t tpa)
{
    const struct wf_link *link = net->link;
    for (uint32_t i = 0; i < link->proxies_n; i++)
        if (link->proxies[i].ifindex == ifindex &&
            ((tpa ^ link->proxies[i].dst) & wf_ip4_mask(link->proxies[i].prefix_len)) == 0)
            return &link->proxies[i];
    return NULL;
}

bool wf_proxy_answers(const struct net *net, const struct netif *nif, uint32_t spa, uint32_t tpa)
{
    const struct arp_proxy *x = find(net, nif->index, tpa);
    if (x == NULL || !net->is_forwarding || spa == 0 || spa == tpa ||
        wf_addrs_kind(net, tpa, nif->index) != IP4_OTHER || wf_ip4_is_link_local(tpa))
        return false;
    const struct wf_route4 *r = wf_routes_lookup4(net, tpa);
    if (r == NULL || r->prefix_len == 0 || r->ifindex == nif->index)
        return false;
    uint32_t host = ~wf_ip4_mask(r->prefix_len);
    bool is_broadcast = r->prefix_len < 31 && ((tpa & host) == host || (tpa & host) == 0);
    return !is_broadcast && (x->is_any_network || is_one_network(spa, tpa));
}

static bool is_same(const struct arp_proxy *x, const struct weft_arp_proxy *p)
{
    return x->dst == wf_addr_to4(&p->dst) && x->prefix_len == p->prefix_len &&
           x->ifindex == p->ifindex;
}

int weft_arp_proxy_add(struct weft_stack *st, const struct weft_arp_proxy *p)
{
    struct net *net = wf_net_of(st);
    struct wf_link *link = net->link;
    if (p == NULL || !wf_addr_is4(&p->dst) || p->prefix_len > 32 ||
        (wf_addr_to4(&p->dst) & ~wf_ip4_mask(p->prefix_len)) != 0)
        return -WEFT_EINVAL;
    const struct netif *nif = wf_netif_get(net, p->ifindex);
    if (nif == NULL || nif->kind != WEFT_IF_ETHER)
        return nif == NULL ? -WEFT_ENOENT : -WEFT_EINVAL;
    for (uint32_t i = 0; i < link->proxies_n; i++)
        if (is_same(&link->proxies[i], p))
            return -WEFT_EEXIST;
    if (link->proxies_n == net->cfg->arp_proxies_max)
        return -WEFT_ENOMEM;
    link->proxies[link->proxies_n++] = (struct arp_proxy){.dst = wf_addr_to4(&p->dst),
                                                          .ifindex = p->ifindex,
                                                          .prefix_len = p->prefix_len,
                                                          .is_any_network = p->is_any_network};
    return 0;
}

int weft_arp_proxy_del(struct weft_stack *st, const struct weft_arp_proxy *p)
{
    struct wf_link *link = wf_net_of(st)->link;
    for (uint32_t i = 0; p != NULL && i < link->proxies_n; i++) {
        if (!is_same(&link->proxies[i], p))
            continue;
        link->proxies[i] = link->proxies[--link->proxies_n];
        return 0;
    }
    return -WEFT_ENOENT;
}

bool weft_arp_proxy_next(const struct weft_stack *st, uint32_t *cursor, struct weft_arp_proxy *out)
{
    const struct wf_link *link = wf_net_of_const(st)->link;
    if (*cursor >= link->proxies_n)
        return false;
    const struct arp_proxy *x = &link->proxies[(*cursor)++];
    *out = (struct weft_arp_proxy){.dst = wf_addr_from4(x->dst),
                                   .ifindex = x->ifindex,
                                   .prefix_len = x->prefix_len,
                                   .is_any_network = x->is_any_network};
    return true;
}
