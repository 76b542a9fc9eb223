/* SPDX-License-Identifier: MIT */
/** DOC: vlan - VLAN interfaces are made here, and follow what happens to their parents */
#include <string.h>

#include "stack/stack.h"
#include "weft/vlan.h"

/* A driver that cuts would have to know about the tag: the stack cuts. */
#define CAPS_KEPT (WEFT_CAP_TX_CSUM | WEFT_CAP_RX_TRUST | WEFT_CAP_TX_PAD)

int weft_vlan_add(struct weft_stack *st, const struct weft_vlan_config *cfg)
{
    struct net *net = wf_net_of(st);
    struct netif *parent = cfg != NULL ? wf_netif_get(net, cfg->parent) : NULL;
    struct weft_if_config c = {.kind = WEFT_IF_ETHER};
    if (cfg == NULL || cfg->name == NULL)
        return -WEFT_EINVAL;
    if (parent == NULL)
        return -WEFT_ENOENT;
    if (parent->kind != WEFT_IF_ETHER || parent->parent != 0 || cfg->id < 1 ||
        cfg->id > WEFT_VLAN_ID_MAX || cfg->mtu > parent->mtu)
        return -WEFT_EINVAL;
    if (wf_vlan_find(net, parent, cfg->id) != NULL)
        return -WEFT_EEXIST;
    for (uint32_t i = 0; i < WEFT_IF_NAME_MAX && (i == 0 || c.name[i - 1] != '\0'); i++)
        c.name[i] = cfg->name[i]; /* Without an end it is refused below. */
    memcpy(c.mac, parent->mac, 6);
    c.mtu = cfg->mtu != 0 ? cfg->mtu : parent->mtu;
    c.caps = parent->caps & CAPS_KEPT;
    int index = wf_netif_add(net, &c);
    if (index < 0)
        return index;
    struct netif *v = wf_netif_get(net, (uint16_t)index);
    v->parent = parent->index;
    v->vlan_id = cfg->id;
    v->hdr_bytes = ETH_VLAN_HDR_BYTES;
    v->is_up = parent->is_up;
    v->is_held_down = !parent->is_up;
    parent->has_vlans = true;
    return index;
}

int weft_vlan_get(const struct weft_stack *st, uint16_t ifindex, uint16_t *parent, uint16_t *id)
{
    const struct netif *nif = wf_netif_get(wf_net_of_const(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    *parent = nif->parent;
    *id = nif->vlan_id;
    return 0;
}

void wf_vlan_set_up(struct weft_stack *st, const struct netif *parent)
{
    struct net *net = wf_net_of(st);
    for (struct netif *v = wf_vlan_next(net, parent, NULL); v != NULL;
         v = wf_vlan_next(net, parent, v)) {
        bool is_changed = parent->is_up ? v->is_held_down : v->is_up;
        if (!is_changed)
            continue;
        int err = weft_if_set_up(st, v->index, parent->is_up);
        WF_ASSERT(err == 0);
        v->is_held_down = !parent->is_up;
    }
}

void wf_vlan_set_mtu(struct net *net, const struct netif *parent)
{
    for (struct netif *v = wf_vlan_next(net, parent, NULL); v != NULL;
         v = wf_vlan_next(net, parent, v))
        v->mtu = wf_min_u32(v->mtu, parent->mtu);
}

void wf_vlan_set_mac(struct weft_stack *st, const struct netif *parent, const uint8_t before[6])
{
    struct net *net = wf_net_of(st);
    for (struct netif *v = wf_vlan_next(net, parent, NULL); v != NULL;
         v = wf_vlan_next(net, parent, v)) {
        int err = memcmp(v->mac, before, 6) != 0 ? 0 : weft_if_set_mac(st, v->index, parent->mac);
        WF_ASSERT(err == 0);
    }
}

bool wf_vlan_has_output(const struct net *net, const struct netif *parent)
{
    for (struct netif *v = wf_vlan_next(net, parent, NULL); v != NULL;
         v = wf_vlan_next(net, parent, v))
        if (wf_netif_has_output(v, &net->pool))
            return true;
    return false;
}

/* The parent and its VLANs in turn: who filled the last burst is the last of the next one. */
uint32_t wf_vlan_tx(struct net *net, struct netif *parent, struct weft_frame *frames, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t i = 0, start = parent->vlan_turn; i < net->ifs.n && count < n; i++) {
        uint32_t at = (start + i) % net->ifs.n;
        struct netif *v = &net->ifs.tab[at];
        if (!v->is_up || (v != parent && v->parent != parent->index))
            continue;
        uint32_t got = wf_tx_take(net, v, frames + count, n - count);
        for (uint32_t k = 0; v != parent && k < got; k++) {
            parent->tx_frames += wf_max_u32(1, frames[count + k].gso_segs);
            parent->tx_bytes += frames[count + k].len;
        }
        count += got;
        parent->vlan_turn = (uint8_t)((at + 1) % net->ifs.n);
    }
    return count;
}
