/* SPDX-License-Identifier: MIT */
/** DOC: api - the public calls about interfaces, addresses, neighbours, usage */
#include <string.h>

#include "stack/stack.h"

int weft_if_add(struct weft_stack *st, const struct weft_if_config *cfg)
{
    if (cfg == NULL || cfg->kind == WEFT_IF_LOOPBACK)
        return -WEFT_EINVAL;
    return wf_netif_add(wf_net_of(st), cfg);
}

int weft_if_get(const struct weft_stack *st, uint16_t ifindex, struct weft_if_info *out)
{
    const struct netif *nif = wf_netif_get(wf_net_of_const(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    *out = (struct weft_if_info){.cfg = {.kind = nif->kind,
                                         .txq_max = nif->txq_max,
                                         .mtu = nif->mtu,
                                         .caps = nif->caps,
                                         .gso_max_bytes = nif->gso_max_bytes,
                                         .is_any_address = nif->is_any_address},
                                 .index = nif->index,
                                 .is_up = nif->is_up,
                                 .txq_pkts = nif->txq_len,
                                 .rx_frames = nif->rx_frames,
                                 .rx_bytes = nif->rx_bytes,
                                 .tx_frames = nif->tx_frames,
                                 .tx_bytes = nif->tx_bytes,
                                 .rx_drops = nif->drops,
                                 .tx_drops = nif->tx_drops};
    memcpy(out->cfg.name, nif->name, sizeof(nif->name));
    memcpy(out->cfg.mac, nif->mac, sizeof(nif->mac));
    return 0;
}

int weft_if_find(const struct weft_stack *st, const char *name)
{
    const struct wf_netifs *t = &wf_net_of_const(st)->ifs;
    for (uint32_t i = 0; i < t->n; i++)
        if (wf_netif_is_named(&t->tab[i], name))
            return t->tab[i].index;
    return -WEFT_ENOENT;
}

int weft_if_note_bad_fcs(struct weft_stack *st, uint16_t ifindex, uint32_t n)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    for (uint32_t i = 0; i < n; i++)
        wf_net_refuse(net, nif, WEFT_DROP_ETH_FCS);
    return 0;
}

int weft_if_set_up(struct weft_stack *st, uint16_t ifindex, bool is_up)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (nif->parent != 0 && is_up && !wf_netif_get(net, nif->parent)->is_up) {
        nif->is_held_down = true; /* It comes up with its parent. */
        return 0;
    }
    nif->is_held_down = false;
    if (nif->is_up == is_up)
        return 0;
    nif->is_up = is_up;
    net->routes.gen++; /* Cached routes look again. */
    if (!is_up) {
        wf_netif_flush(net, nif, WEFT_DROP_IF_DOWN);
        wf_udp_room(net, nif);
        wf_acd_down(net, nif);
        wf_link_flush(net, nif);
        wf_redirect_if_down(net, ifindex);
        wf_tcp_if_down(net, nif);
    }
    if (is_up && nif->kind == WEFT_IF_ETHER)
        wf_acd_up(net, nif);
    wf_vlan_set_up(st, nif);
    if (is_up) /* Reports that were sent before it went down may be forgotten by now. */
        wf_igmp_if_up(net, ifindex);
    return 0;
}

int weft_if_set_mtu(struct weft_stack *st, uint16_t ifindex, uint32_t mtu)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (mtu < 68 || mtu > 65535 || (nif->parent != 0 && mtu > wf_netif_get(net, nif->parent)->mtu))
        return -WEFT_EINVAL;
    nif->mtu = mtu;
    wf_vlan_set_mtu(net, nif);
    wf_tcp_mtu_changed(net);
    return 0;
}

int weft_if_set_mac(struct weft_stack *st, uint16_t ifindex, const uint8_t mac[6])
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (nif->kind != WEFT_IF_ETHER || mac == NULL || !wf_mac_is_station(mac))
        return -WEFT_EINVAL;
    uint8_t before[6];
    memcpy(before, nif->mac, 6);
    memcpy(nif->mac, mac, 6);
    wf_vlan_set_mac(st, nif, before);
    if (nif->is_up)
        wf_acd_up(net, nif);
    return 0;
}

int weft_addr_add(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *addr,
                  uint8_t prefix_len)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (addr == NULL || !wf_addr_is4(addr))
        return -WEFT_EINVAL;
    if (nif == NULL)
        return -WEFT_ENOENT;
    int err = wf_acd_add(net, nif, wf_addr_to4(addr), prefix_len);
    if (err == 0)
        wf_lladdr_judge(net, nif);
    return err;
}

int weft_addr_del(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *addr)
{
    struct net *net = wf_net_of(st);
    if (addr == NULL || !wf_addr_is4(addr))
        return -WEFT_ENOENT;
    return wf_stack_addr_del(net, ifindex, wf_addr_to4(addr));
}

int wf_stack_addr_del(struct net *net, uint16_t ifindex, uint32_t ip4)
{
    if (wf_acd_del(net, ifindex, ip4)) { /* It was not in use yet. */
        wf_acd_gone(net, wf_netif_get(net, ifindex), ip4);
        return 0;
    }
    const struct wf_ifaddr *a = wf_addrs_find(net, ip4, ifindex);
    uint16_t at = a != NULL ? a->ifindex : 0; /* Who names no interface means any. */
    int err = wf_addrs_del(net, ifindex, ip4);
    if (err != 0)
        return err;
    if (wf_addrs_find(net, ip4, 0) == NULL)
        wf_tcp_addr_gone(net, ip4);
    wf_acd_gone(net, wf_netif_get(net, at), ip4);
    return 0;
}

void weft_set_forwarding(struct weft_stack *st, bool is_forwarding)
{
    wf_net_of(st)->is_forwarding = is_forwarding;
}

void weft_stack_usage(const struct weft_stack *st, struct weft_usage *out)
{
    const struct net *net = wf_net_of_const(st);
    *out = (struct weft_usage){.pkts = net->pool.pkts.in_use,
                               .lent = net->pool.bufs.lent.in_use,
                               .chunks = net->pool.bufs.chunks.in_use,
                               .chunks_total = net->pool.bufs.chunks.max,
                               .blocks = net->pool.blks.in_use,
                               .socks = net->socks->socks.in_use,
                               .conns = net->tcp->conns.in_use,
                               .synrcvd = net->tcp->synrcvds.in_use,
                               .timewait = net->tcp->timewaits.in_use,
                               .busy = net->tcp->reasms.in_use,
                               .records = net->tcp->recs.in_use,
                               .groups = net->ip->igmp.members.in_use +
                                         net->ip->igmp.groups.in_use + net->ip->igmp.srcs.in_use,
                               .neighs = net->link->neighs.in_use,
                               .reasm = net->ip->reasms.in_use};
}

void weft_stack_check(const struct weft_stack *st)
{
    const struct net *net = wf_net_of_const(st);
    const struct wf_tcp *t = net->tcp;
    const struct wf_slab *s;
    for (uint32_t i = 0; (s = wf_stack_slab(st, i)) != NULL; i++)
        WF_ASSERT(wf_slab_check(s));
    WF_ASSERT(wf_wheel_check(&net->wheel));
    for (const struct tcp_conn *c = wf_slab_next_live(&t->conns, 0); c != NULL;
         c = wf_slab_next_live(&t->conns, wf_slab_index(&t->conns, c) + 1))
        WF_ASSERT(wf_tcp_check(net, c));
}
