/* SPDX-License-Identifier: MIT */
/** DOC: link api - the public calls about neighbours and their options */
#include <string.h>

#include "link/link.h"

#define MS_MIN    1000u
#define MS_MAX    (1u << 31)
#define TRIES_MAX 250

void weft_neigh_options_default(struct weft_neigh_options *o)
{
    *o = (struct weft_neigh_options){.complete_ms = 20 * 60 * 1000,
                                     .incomplete_ms = 3 * 60 * 1000,
                                     .reachable_ms = 30 * 1000,
                                     .tries = 3};
}

void weft_arp_options_default(struct weft_arp_options *o)
{
    *o = (struct weft_arp_options){.announce_max = 1, .computed = {0x02}};
}

void weft_arp_options_textbook(struct weft_neigh_options *n, struct weft_arp_options *a)
{
    weft_neigh_options_default(n);
    weft_arp_options_default(a);
    n->policy = WEFT_ARP_TRUSTING;
    n->restart = WEFT_NEIGH_RESTART_CREATION;
    n->incomplete_ms = 2 * 60 * 1000;
    n->reachable_ms = 0;
    n->is_dropping = true;
    a->detect = WEFT_ACD_CLASSIC;
    a->is_learning_from_ip = true;
}

static bool neigh_options_ok(const struct weft_neigh_options *o)
{
    return o != NULL && o->resolver < WEFT_RESOLVER_COUNT && o->policy < WEFT_ARP_POLICY_COUNT &&
           o->restart < WEFT_NEIGH_RESTART_COUNT && o->victim < WEFT_NEIGH_VICTIM_COUNT &&
           o->complete_ms >= MS_MIN && o->complete_ms <= MS_MAX && o->incomplete_ms >= MS_MIN &&
           o->incomplete_ms <= MS_MAX && o->reachable_ms <= MS_MAX && o->tries <= TRIES_MAX;
}

static bool arp_options_ok(const struct weft_arp_options *o)
{
    if (o == NULL || o->announce_max > 2 || o->detect >= WEFT_ACD_COUNT ||
        o->defend >= WEFT_ACD_DEFEND_COUNT || o->servers_n > WEFT_ARP_SERVERS_MAX ||
        (o->computed[0] & 1) != 0)
        return false;
    for (uint32_t i = 0; i < o->servers_n; i++)
        if ((o->servers[i][0] & 1) != 0)
            return false;
    return true;
}

int weft_neigh_options_get(const struct weft_stack *st, uint16_t ifindex,
                           struct weft_neigh_options *out)
{
    const struct net *net = wf_net_of_const(st);
    const struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    *out = wf_link_if(net, nif)->neigh;
    return 0;
}

int weft_neigh_options_set(struct weft_stack *st, uint16_t ifindex,
                           const struct weft_neigh_options *o)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (!neigh_options_ok(o))
        return -WEFT_EINVAL;
    struct link_if *lif = wf_link_if(net, nif);
    bool is_other_way = lif->neigh.resolver != o->resolver;
    lif->neigh = *o;
    if (is_other_way)
        wf_link_flush(net, nif);
    wf_neigh_judge(net, nif);
    return 0;
}

int weft_arp_options_get(const struct weft_stack *st, uint16_t ifindex,
                         struct weft_arp_options *out)
{
    const struct net *net = wf_net_of_const(st);
    const struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    *out = wf_link_if(net, nif)->arp;
    return 0;
}

int weft_arp_options_set(struct weft_stack *st, uint16_t ifindex, const struct weft_arp_options *o)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (nif->kind != WEFT_IF_ETHER || !arp_options_ok(o))
        return -WEFT_EINVAL;
    wf_link_if(net, nif)->arp = *o;
    nif->is_learning_from_ip = o->is_learning_from_ip;
    wf_lladdr_judge(net, nif);
    return 0;
}

bool weft_acd_next(const struct weft_stack *st, uint32_t *cursor, struct weft_acd_info *out)
{
    const struct wf_slab *s = &wf_net_of_const(st)->link->acds;
    const struct acd *a = wf_slab_next_live(s, *cursor);
    if (a == NULL)
        return false;
    *cursor = wf_slab_index(s, a) + 1;
    *out = (struct weft_acd_info){.addr = wf_addr_from4(a->ip4),
                                  .ifindex = a->ifindex,
                                  .prefix_len = a->prefix_len,
                                  .state = (enum weft_acd_state)a->step,
                                  .conflicts = a->conflicts};
    return true;
}

bool weft_neigh_next(const struct weft_stack *st, uint32_t *cursor, struct weft_neigh_info *out)
{
    const struct net *net = wf_net_of_const(st);
    const struct wf_slab *s = &net->link->neighs;
    const struct neigh *n = wf_slab_next_live(s, *cursor);
    if (n == NULL)
        return false;
    *cursor = wf_slab_index(s, n) + 1;
    *out = (struct weft_neigh_info){.addr = wf_addr_from4(n->ip4),
                                    .ifindex = n->ifindex,
                                    .state = (enum weft_neigh_state)n->state,
                                    .waiting_pkts = n->wait_n,
                                    .updated_ns = n->confirmed_ns,
                                    .expires_ns = wf_neigh_expires_ns(net, n)};
    memcpy(out->mac, n->mac, 6);
    return true;
}

int weft_neigh_set(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *addr,
                   const uint8_t mac[6])
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    bool is_ok = nif->kind == WEFT_IF_ETHER && addr != NULL && wf_addr_is4(addr) &&
                 wf_ip4_can_be_host(wf_addr_to4(addr)) && mac != NULL && (mac[0] & 1) == 0;
    return is_ok ? wf_neigh_set(net, nif, wf_addr_to4(addr), mac) : -WEFT_EINVAL;
}

int weft_neigh_del(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *addr)
{
    struct net *net = wf_net_of(st);
    bool is_ok = addr != NULL && wf_addr_is4(addr);
    struct neigh *n = is_ok ? wf_neigh_find(net, ifindex, wf_addr_to4(addr)) : NULL;
    if (n == NULL)
        return -WEFT_ENOENT;
    wf_neigh_forget(net, n, WEFT_DROP_NEIGH_FAILED);
    return 0;
}
