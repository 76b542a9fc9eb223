/* SPDX-License-Identifier: MIT */
#include "link/vlan.h"

#include "wire/wire.h"

#define ETHERTYPE_SERVICE_VLAN 0x88a8 /* IEEE 802.1ad: the outer of two tags. */

struct netif *wf_vlan_next(const struct net *net, const struct netif *parent, const struct netif *v)
{
    for (uint32_t i = v != NULL ? v->index : 0; parent->has_vlans && i < net->ifs.n; i++)
        if (net->ifs.tab[i].parent == parent->index)
            return &net->ifs.tab[i];
    return NULL;
}

struct netif *wf_vlan_find(const struct net *net, const struct netif *parent, uint16_t id)
{
    struct netif *v = wf_vlan_next(net, parent, NULL);
    while (v != NULL && v->vlan_id != id)
        v = wf_vlan_next(net, parent, v);
    return v;
}

enum weft_drop wf_vlan_input(struct net *net, struct netif **nif, struct pkt *p, uint16_t *type)
{
    if (p->total < ETH_VLAN_HDR_BYTES)
        return WEFT_DROP_ETH_RUNT;
    if (!wf_pkt_linear(&net->pool, p, 0, ETH_VLAN_HDR_BYTES))
        return WEFT_DROP_NO_PKT;
    uint16_t id = wf_ld16be(p->data + ETH_HDR_BYTES) & 0xfff;
    *type = wf_ld16be(p->data + ETH_HDR_BYTES + 2);
    if (*type == ETHERTYPE_VLAN || *type == ETHERTYPE_SERVICE_VLAN)
        return WEFT_DROP_VLAN_STACKED;
    if (id == 0) /* A priority and nothing else. */
        return WEFT_DROP_COUNT;
    struct netif *v = wf_vlan_find(net, *nif, id);
    if (v == NULL)
        return WEFT_DROP_VLAN_UNKNOWN;
    *nif = v;
    p->ifindex = v->index;
    v->rx_frames += wf_max_u32(1, p->gso_segs);
    v->rx_bytes += p->total;
    return v->is_up ? WEFT_DROP_COUNT : WEFT_DROP_IF_DOWN;
}
